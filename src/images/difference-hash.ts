import type { Pixels } from "./measure-pixels.js";

/** Stands in every file that holds such hashes; another rule gets another name. */
export const HASH_RULE = "difference-hash/1";
/** A picture is decoded to at most this many pixels a side before it is hashed. */
export const HASHED_SIDE = 256;

const COLUMNS = 9;
const ROWS = 8;

/**
 * The 64-bit difference hash of a picture, as 16 hex digits: alike for copies that were re-encoded, slightly resized or
 * made brighter. `difference-hash/1` is this rule:
 *
 * 1. The picture is decoded upright, over white, to RGB, at most 256 pixels a side (aspect kept, never enlarged).
 * 2. Grey is 77 R + 150 G + 29 B (BT.601 in 256ths).
 * 3. A grid of 9 columns and 8 rows of equal cells covers it; a cell's value is the mean of the grey below it, pixels on
 *    a border counted in part.
 * 4. Each bit says whether a cell is brighter than its left neighbour, row by row, the first bit the highest.
 *
 * Takes RGB pixels. All sums are whole numbers, so the same pixels give the same hash on every machine.
 */
export function differenceHash({ data, width, height }: Pick<Pixels, "data" | "width" | "height">): string {
  const cells = sumCells(data, width, height);
  let hash = "";
  for (let row = 0; row < ROWS; row++) {
    let bits = 0;
    for (let column = 1; column < COLUMNS; column++) {
      const place = row * COLUMNS + column;
      bits = 2 * bits + ((cells[place] ?? 0) > (cells[place - 1] ?? 0) ? 1 : 0);
    }
    hash += bits.toString(16).padStart(2, "0");
  }
  return hash;
}

/** The grey below each cell. All cells have the same area, so sums compare as means do. */
function sumCells(data: Uint8Array, width: number, height: number): Float64Array {
  const across = sharesOf(width, COLUMNS);
  const down = sharesOf(height, ROWS);
  const cells = new Float64Array(COLUMNS * ROWS);
  for (const [row, { first, shares }] of down.entries()) {
    for (const [below, rowShare] of shares.entries()) {
      const start = (first + below) * width;
      for (const [column, cell] of across.entries()) {
        let sum = 0;
        for (const [right, share] of cell.shares.entries()) {
          const place = 3 * (start + cell.first + right);
          const grey = 77 * (data[place] ?? 0) + 150 * (data[place + 1] ?? 0) + 29 * (data[place + 2] ?? 0);
          sum += share * grey;
        }
        const at = row * COLUMNS + column;
        cells[at] = (cells[at] ?? 0) + rowShare * sum;
      }
    }
  }
  return cells;
}

/** For each cell along a side its first pixel, and how much of that and the following ones it covers, in `cells`-ths. */
function sharesOf(pixels: number, cells: number): readonly { first: number; shares: readonly number[] }[] {
  return Array.from({ length: cells }, (_, cell) => {
    const [from, to] = [cell * pixels, (cell + 1) * pixels];
    const first = Math.floor(from / cells);
    const count = Math.ceil(to / cells) - first;
    const shares = Array.from({ length: count }, (_, step) => {
      const left = (first + step) * cells;
      return Math.min(left + cells, to) - Math.max(left, from);
    });
    return { first, shares };
  });
}
