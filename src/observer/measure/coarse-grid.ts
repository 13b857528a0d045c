import { COLOUR_WORDS } from "./colour-words.js";
import type { OkLab } from "./oklab.js";
import type { Planes } from "./pixels.js";

/** A picture cut into at most 32 cells a side, square but for rounding: the mean OKLab colour of each, and its colour words. */
export interface CoarseGrid {
  readonly columns: number;
  readonly rows: number;
  readonly l: Float64Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** How many pixels of each cell go by each word, `COLOUR_WORDS.length` numbers a cell. */
  readonly words: Uint16Array;
}

const CELLS = 32;

export function toCoarseGrid(planes: Planes): CoarseGrid {
  const { width, height, colour, table } = planes;
  const cell = Math.max(width, height) / CELLS;
  const columns = Math.min(width, Math.max(1, Math.round(width / cell)));
  const rows = Math.min(height, Math.max(1, Math.round(height / cell)));
  const cells = columns * rows;
  const kinds = COLOUR_WORDS.length;
  const grid = {
    columns,
    rows,
    l: new Float64Array(cells),
    a: new Float64Array(cells),
    b: new Float64Array(cells),
    words: new Uint16Array(cells * kinds),
  };
  const counts = new Uint32Array(cells);
  const columnOf = Uint16Array.from({ length: width }, (_, x) => Math.floor((x * columns) / width));
  for (let y = 0, pixel = 0; y < height; y++) {
    const start = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++, pixel++) {
      const at = start + (columnOf[x] ?? 0);
      const index = colour[pixel] ?? 0;
      grid.l[at] = (grid.l[at] ?? 0) + (table.l[index] ?? 0);
      grid.a[at] = (grid.a[at] ?? 0) + (table.a[index] ?? 0);
      grid.b[at] = (grid.b[at] ?? 0) + (table.b[index] ?? 0);
      const word = at * kinds + (table.word[index] ?? 0);
      grid.words[word] = (grid.words[word] ?? 0) + 1;
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }
  for (const plane of [grid.l, grid.a, grid.b]) {
    for (let at = 0; at < cells; at++) plane[at] = (plane[at] ?? 0) / Math.max(1, counts[at] ?? 0);
  }
  return grid;
}

export function cellColour(grid: CoarseGrid, at: number): OkLab {
  return { l: grid.l[at] ?? 0, a: grid.a[at] ?? 0, b: grid.b[at] ?? 0 };
}
