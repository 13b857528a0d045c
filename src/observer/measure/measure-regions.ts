import { clusterColours } from "./cluster-colours.js";
import type { CoarseGrid } from "./coarse-grid.js";
import { wordAt } from "./colour-table.js";
import { COLOUR_WORDS, type Family } from "./colour-words.js";
import { mergePatches, type Patch } from "./merge-patches.js";
import { distanceOf, type OkLab } from "./oklab.js";
import { extremes } from "./place.js";

export type Side = "left" | "right" | "top" | "bottom";

/** A patch of one colour that hangs together. Positions are shares of width and height, 0…1, from the upper left. */
export interface Region {
  /** The commonest colour word among its pixels, in their commonest family. */
  readonly name: string;
  readonly family: Family;
  /** Mean OKLab lightness, 0…1. */
  readonly lightness: number;
  /** Share of the picture, 0…1. */
  readonly share: number;
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** How much of its bounding box it fills: 1 a rectangle, about 0.79 a disc. */
  readonly fill: number;
  /** Sides of the picture it lies along for at least an eighth of their length. */
  readonly touches: readonly Side[];
  /** OKLab distance from the mean of everything else; 0 where there is nothing else. */
  readonly apart: number;
}

/** The regions of at least 1.5 % of the picture, largest first; together they cover all of it. */
export function measureRegions(grid: CoarseGrid): Region[] {
  const least = Math.ceil(0.015 * grid.l.length);
  const patches = mergePatches(grid, clusterColours(grid), least);
  return patches.map((patch) => toRegion(patch, patches, grid)).sort((one, other) => other.share - one.share);
}

function toRegion(patch: Patch, patches: readonly Patch[], grid: CoarseGrid): Region {
  const { columns, rows } = grid;
  const { cells } = patch;
  const xs = cells.map((at) => at % columns);
  const ys = cells.map((at) => Math.floor(at / columns));
  const [left, right] = [Math.min(...xs), Math.max(...xs) + 1];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys) + 1];
  const others = patches.filter((other) => other !== patch);
  const along = (positions: readonly number[], side: number, length: number): boolean =>
    8 * positions.filter((position) => position === side).length >= length;
  const touches: Side[] = [];
  if (along(xs, 0, rows)) touches.push("left");
  if (along(xs, columns - 1, rows)) touches.push("right");
  if (along(ys, 0, columns)) touches.push("top");
  if (along(ys, rows - 1, columns)) touches.push("bottom");
  return {
    ...nameOf(cells, grid),
    lightness: patch.colour.l,
    share: cells.length / grid.l.length,
    x: (mean(xs) + 0.5) / columns,
    y: (mean(ys) + 0.5) / rows,
    left: left / columns,
    right: right / columns,
    top: top / rows,
    bottom: bottom / rows,
    fill: cells.length / ((right - left) * (bottom - top)),
    touches,
    apart: others.length > 0 ? distanceOf(patch.colour, meanOf(others)) : 0,
  };
}

/** A mean colour can be one that no pixel has, so a region is named by counting. */
function nameOf(cells: readonly number[], grid: CoarseGrid): { name: string; family: Family } {
  const kinds = COLOUR_WORDS.length;
  const words = new Float64Array(kinds);
  for (const at of cells) {
    for (let word = 0; word < kinds; word++) words[word] = (words[word] ?? 0) + (grid.words[at * kinds + word] ?? 0);
  }
  const families = new Map<Family, number>();
  words.forEach((count, word) => {
    const { family } = wordAt(word);
    families.set(family, (families.get(family) ?? 0) + count);
  });
  const family = [...families].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
  const inFamily = words.map((count, word) => (wordAt(word).family === family ? count : 0));
  return { name: wordAt(extremes(inFamily).most).name, family };
}

function meanOf(patches: readonly Patch[]): OkLab {
  const cells = patches.reduce((sum, patch) => sum + patch.cells.length, 0);
  const weigh = (axis: "l" | "a" | "b"): number =>
    patches.reduce((sum, patch) => sum + patch.colour[axis] * patch.cells.length, 0) / Math.max(1, cells);
  return { l: weigh("l"), a: weigh("a"), b: weigh("b") };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
