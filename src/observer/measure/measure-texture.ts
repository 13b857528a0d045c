import type { Planes } from "./pixels.js";

export interface Texture {
  /** Mean change of luma between neighbouring blocks of 1, 2, 4, 8 and 16 pixels. */
  readonly scales: readonly number[];
  /** Where most of the change lies; `smooth` where there is hardly any. */
  readonly grain: "smooth" | "fine" | "medium" | "coarse";
  /** How evenly detail is spread over 6 × 6 fields: 1 everywhere alike, 0 all in one place. */
  readonly evenness: number;
}

const FIELDS = 6;

/** Measures the grain of a picture: how much its brightness changes from block to block, at five sizes of block. */
export function measureTexture(planes: Planes): Texture {
  const scales: number[] = [];
  let level: Level = { width: planes.width, height: planes.height, values: Float32Array.from(planes.luma) };
  const evenness = evennessOf(level);
  for (let step = 0; step < 5; step++) {
    scales.push(meanChange(level));
    level = halve(level);
  }
  return { scales, grain: grainOf(scales), evenness };
}

interface Level {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

function meanChange({ width, height, values }: Level): number {
  let sum = 0;
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const value = values[at] ?? 0;
      if (x + 1 < width) sum += Math.abs((values[at + 1] ?? 0) - value);
      if (y + 1 < height) sum += Math.abs((values[at + width] ?? 0) - value);
      count += (x + 1 < width ? 1 : 0) + (y + 1 < height ? 1 : 0);
    }
  }
  return sum / Math.max(1, count);
}

function halve({ width, height, values }: Level): Level {
  const half = { width: Math.max(1, width >> 1), height: Math.max(1, height >> 1) };
  const right = width > 1 ? 1 : 0;
  const below = height > 1 ? width : 0;
  const halved = new Float32Array(half.width * half.height);
  for (let y = 0, to = 0; y < half.height; y++) {
    for (let x = 0; x < half.width; x++, to++) {
      const at = 2 * y * width + 2 * x;
      halved[to] =
        ((values[at] ?? 0) +
          (values[at + right] ?? 0) +
          (values[at + below] ?? 0) +
          (values[at + right + below] ?? 0)) /
        4;
    }
  }
  return { ...half, values: halved };
}

/** A natural picture changes more the larger the block; where small blocks change as much, the grain is fine. */
function grainOf(scales: readonly number[]): Texture["grain"] {
  const [one = 0, two = 0, four = 0, eight = 0, sixteen = 0] = scales;
  if (Math.max(one, two, four) < 3) return "smooth";
  const small = Math.max(one, two);
  const large = Math.max(eight, sixteen);
  if (small > large) return "fine";
  return small > 0.6 * large || four > large ? "medium" : "coarse";
}

function evennessOf({ width, height, values }: Level): number {
  const fields = new Float64Array(FIELDS * FIELDS);
  const columnOf = Uint8Array.from({ length: width }, (_, x) => Math.floor((x * FIELDS) / width));
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * FIELDS) / height) * FIELDS;
    for (let x = 0, at = y * width; x + 1 < width; x++, at++) {
      const field = row + (columnOf[x] ?? 0);
      fields[field] = (fields[field] ?? 0) + Math.abs((values[at + 1] ?? 0) - (values[at] ?? 0));
    }
  }
  const mean = fields.reduce((sum, value) => sum + value, 0) / fields.length;
  if (mean === 0) return 1;
  const variance = fields.reduce((sum, value) => sum + (value - mean) ** 2, 0) / fields.length;
  return 1 / (1 + variance / (mean * mean));
}
