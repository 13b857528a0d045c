import type { ColourTable } from "./colour-table.js";
import { colourIndex } from "./colour-table.js";

/** A decoded picture: RGB, 8 bits a channel, row by row from the upper left, `width × height × 3` bytes. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What the measurements walk over: luma (0…255, Rec. 601), tint (red less blue, halved) and a 15-bit colour of each pixel. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly luma: Uint8Array;
  readonly tint: Int8Array;
  readonly colour: Uint16Array;
  readonly table: ColourTable;
}

/** Takes a picture apart once, so that no measurement needs to look at its bytes again. */
export function toPlanes(pixels: Pixels, table: ColourTable): Planes {
  const { width, height, data } = pixels;
  const count = width * height;
  const luma = new Uint8Array(count);
  const tint = new Int8Array(count);
  const colour = new Uint16Array(count);
  for (let pixel = 0, at = 0; pixel < count; pixel++, at += 3) {
    const red = data[at] ?? 0;
    const green = data[at + 1] ?? 0;
    const blue = data[at + 2] ?? 0;
    luma[pixel] = (77 * red + 150 * green + 29 * blue) >> 8;
    tint[pixel] = (red - blue) >> 1;
    colour[pixel] = colourIndex(red, green, blue);
  }
  return { width, height, luma, tint, colour, table };
}
