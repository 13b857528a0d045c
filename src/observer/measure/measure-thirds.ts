import type { CoarseGrid } from "./coarse-grid.js";
import { wordAt } from "./colour-table.js";
import { COLOUR_WORDS } from "./colour-words.js";
import { extremes, placeAt } from "./place.js";

/** The commonest colour words of the top, the middle and the bottom third. */
export type Thirds = readonly [top: string, middle: string, bottom: string];

/** Names the three strips of a picture; a strip too thin to hold a cell goes by the name of the whole. */
export function measureThirds(grid: CoarseGrid): Thirds {
  const { columns, rows, words } = grid;
  const kinds = COLOUR_WORDS.length;
  const strips = Array.from({ length: 3 }, () => new Float64Array(kinds));
  const whole = new Float64Array(kinds);
  for (let at = 0; at < columns * rows; at++) {
    const { row } = placeAt(0, (Math.floor(at / columns) + 0.5) / rows);
    const strip = strips[row] ?? whole;
    for (let kind = 0; kind < kinds; kind++) strip[kind] = (strip[kind] ?? 0) + (words[at * kinds + kind] ?? 0);
  }
  for (let kind = 0; kind < kinds; kind++) whole[kind] = strips.reduce((sum, strip) => sum + (strip[kind] ?? 0), 0);
  const name = (row: number): string => {
    const own = strips[row] ?? whole;
    return wordAt(extremes(own.some((count) => count > 0) ? own : whole).most).name;
  };
  return [name(0), name(1), name(2)];
}
