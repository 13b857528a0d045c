import type { Pixels } from "./measure/pixels.js";

export type Colour = readonly [red: number, green: number, blue: number];

export const RED: Colour = [216, 32, 30];
export const BLUE: Colour = [31, 79, 224];
export const GREEN: Colour = [47, 154, 60];
export const BLACK: Colour = [10, 10, 10];
export const WHITE: Colour = [250, 250, 250];
export const GREY: Colour = [128, 128, 128];

/** Paints a picture by a rule, so that the truth about it is known: for tests. `colour` gets pixel positions. */
export function paint(width: number, height: number, colour: (x: number, y: number) => Colour): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * 3);
  }
  return { width, height, data };
}

/** Pictures that tests of several parts use; all but the last 192 × 128. */
export const PAINTED = {
  redLeftBlueRight: () => paint(192, 128, (x) => (x < 96 ? RED : BLUE)),
  whiteOverGreen: () => paint(192, 128, (_, y) => (y < 64 ? WHITE : GREEN)),
  levelStripes: () => paint(192, 128, (_, y) => (Math.floor(y / 4) % 2 === 0 ? BLACK : WHITE)),
  fallingLines: () => paint(192, 128, (x, y) => ((x - y + 1024) % 16 < 8 ? BLACK : WHITE)),
  gradient: () => paint(192, 128, (x) => [30 + x, 30 + x, 30 + x]),
  disc: () => paint(192, 128, (x, y) => (Math.hypot(x - 96, y - 64) < 36 ? RED : GREY)),
  cornerPatch: () => paint(192, 128, (x, y) => (x > 144 && y > 92 ? WHITE : BLACK)),
  flat: () => paint(192, 128, () => GREY),
  noise: () => paint(192, 128, (x, y) => shade((Math.imul(x * 7919 + y * 104729, 2654435761) >>> 8) % 256)),
  onePixel: () => paint(1, 1, () => RED),
} as const;

function shade(value: number): Colour {
  return [value, value, value];
}
