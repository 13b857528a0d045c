import type { ImageMeasures } from "../records/index.js";

/** Decoded pixels, rows without gaps: below 3 channels the first is grey, else they start with RGB. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Measures are taken on at most this many pixels a side. */
const MAX_SIDE = 192;

/**
 * Sharpness and contrast of a picture's grey, on every k-th pixel of every k-th row. Whole numbers inside, so every
 * machine gets the same; nothing is averaged and all is done in one pass, because at thousands of pictures a second
 * anything more would be a fifth of the cost of decoding them.
 */
export function measurePixels({ data, width, height, channels }: Pixels): ImageMeasures {
  const every = Math.max(1, Math.ceil(Math.max(width, height) / MAX_SIDE));
  const columns = Math.ceil(width / every);
  const rows = Math.ceil(height / every);
  const grey = new Uint8Array(columns * rows);
  const values = tally();
  const edges = tally();
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    greyRow(data, row * every * width * channels, channels * every, channels, grey, start, columns, values);
    if (row >= 2) laplacianRow(grey, start - columns, columns, edges);
  }
  return { sharpness: varianceOf(edges), contrast: rootOf(varianceOf(values)) };
}

interface Tally {
  count: number;
  sum: number;
  squares: number;
}

function tally(): Tally {
  return { count: 0, sum: 0, squares: 0 };
}

/** Turns one row to grey (ITU-R BT.601 weights in 256ths) and adds it to the tally. */
function greyRow(
  data: Uint8Array,
  from: number,
  step: number,
  channels: number,
  grey: Uint8Array,
  to: number,
  columns: number,
  values: Tally,
): void {
  let sum = 0;
  let squares = 0;
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  for (let column = 0, place = from; column < columns; column++, place += step) {
    const red = data[place] ?? 0;
    const value = (77 * red + 150 * (data[place + green] ?? 0) + 29 * (data[place + blue] ?? 0) + 128) >> 8;
    grey[to + column] = value;
    sum += value;
    squares += value * value;
  }
  add(values, columns, sum, squares);
}

/** Adds the four-neighbour Laplacian of a row's inner pixels, which start at `start`. */
function laplacianRow(grey: Uint8Array, start: number, columns: number, edges: Tally): void {
  let sum = 0;
  let squares = 0;
  let left = grey[start] ?? 0;
  let here = grey[start + 1] ?? 0;
  for (let place = start + 1; place < start + columns - 1; place++) {
    const right = grey[place + 1] ?? 0;
    const value = 4 * here - left - right - (grey[place - columns] ?? 0) - (grey[place + columns] ?? 0);
    left = here;
    here = right;
    sum += value;
    squares += value * value;
  }
  add(edges, Math.max(0, columns - 2), sum, squares);
}

function add(to: Tally, count: number, sum: number, squares: number): void {
  to.count += count;
  to.sum += sum;
  to.squares += squares;
}

/** Null where nothing was counted: a picture of two rows has no inner pixels. */
function varianceOf({ count, sum, squares }: Tally): number | null {
  return count === 0 ? null : Math.max(0, squares / count - (sum / count) ** 2);
}

function rootOf(value: number | null): number | null {
  return value === null ? null : Math.sqrt(value);
}
