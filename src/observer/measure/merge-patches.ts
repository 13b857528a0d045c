import type { CoarseGrid } from "./coarse-grid.js";
import { cellColour } from "./coarse-grid.js";
import { distanceOf, type OkLab } from "./oklab.js";

/** Cells that hang together. */
export interface Patch {
  readonly cells: readonly number[];
  readonly colour: OkLab;
}

interface Growing {
  cells: number[];
  colour: OkLab;
  readonly around: Set<number>;
}

/** Neighbours whose mean colours are nearer than this are one patch. */
const ALIKE = 0.11;

/**
 * Cuts the grid into patches: cells of one label that touch, of which the ones under `leastCells` join the touching
 * patch most like them, and then neighbours that are alike join, the most alike first.
 */
export function mergePatches(grid: CoarseGrid, labels: Uint8Array, leastCells: number): Patch[] {
  const patches = findPatches(grid, labels);
  for (;;) {
    let smallest: number | undefined;
    for (const [id, { cells, around }] of patches) {
      if (cells.length >= leastCells || around.size === 0) continue;
      if (smallest === undefined || cells.length < (patches.get(smallest)?.cells.length ?? 0)) smallest = id;
    }
    if (smallest === undefined) break;
    const mate = mostAlike(patches, smallest);
    if (mate === null) break;
    join(patches, mate.id, smallest);
  }
  for (;;) {
    let best: { one: number; other: number; apart: number } | undefined;
    for (const id of patches.keys()) {
      const mate = mostAlike(patches, id);
      if (mate !== null && mate.apart < (best?.apart ?? ALIKE)) best = { one: id, other: mate.id, apart: mate.apart };
    }
    if (best === undefined) break;
    join(patches, best.one, best.other);
  }
  return [...patches.values()];
}

function findPatches(grid: CoarseGrid, labels: Uint8Array): Map<number, Growing> {
  const owner = new Int32Array(labels.length).fill(-1);
  const patches = new Map<number, Growing>();
  for (let start = 0; start < labels.length; start++) {
    if (owner[start] !== -1) continue;
    const cells = [start];
    owner[start] = start;
    for (const at of cells) {
      for (const neighbour of neighboursOf(grid, at)) {
        if (owner[neighbour] !== -1 || labels[neighbour] !== labels[start]) continue;
        owner[neighbour] = start;
        cells.push(neighbour);
      }
    }
    patches.set(start, { cells, colour: meanColour(grid, cells), around: new Set() });
  }
  for (let at = 0; at < labels.length; at++) {
    for (const neighbour of neighboursOf(grid, at)) {
      const [mine, theirs] = [owner[at] ?? 0, owner[neighbour] ?? 0];
      if (mine !== theirs) patches.get(mine)?.around.add(theirs);
    }
  }
  return patches;
}

function mostAlike(patches: ReadonlyMap<number, Growing>, id: number): { id: number; apart: number } | null {
  const patch = patches.get(id);
  let best: { id: number; apart: number } | null = null;
  for (const other of patch?.around ?? []) {
    const neighbour = patches.get(other);
    if (patch === undefined || neighbour === undefined) continue;
    const apart = distanceOf(patch.colour, neighbour.colour);
    if (best === null || apart < best.apart) best = { id: other, apart };
  }
  return best;
}

function join(patches: Map<number, Growing>, keep: number, give: number): void {
  const kept = patches.get(keep);
  const given = patches.get(give);
  if (kept === undefined || given === undefined) return;
  const [mine, theirs] = [kept.cells.length, given.cells.length];
  const mix = (one: number, other: number): number => (one * mine + other * theirs) / (mine + theirs);
  kept.colour = {
    l: mix(kept.colour.l, given.colour.l),
    a: mix(kept.colour.a, given.colour.a),
    b: mix(kept.colour.b, given.colour.b),
  };
  kept.cells = kept.cells.concat(given.cells);
  for (const other of given.around) {
    patches.get(other)?.around.delete(give);
    if (other === keep) continue;
    patches.get(other)?.around.add(keep);
    kept.around.add(other);
  }
  patches.delete(give);
}

function neighboursOf({ columns, rows }: CoarseGrid, at: number): number[] {
  const column = at % columns;
  const found: number[] = [];
  if (column > 0) found.push(at - 1);
  if (column + 1 < columns) found.push(at + 1);
  if (at >= columns) found.push(at - columns);
  if (at + columns < columns * rows) found.push(at + columns);
  return found;
}

function meanColour(grid: CoarseGrid, cells: readonly number[]): OkLab {
  const sum = { l: 0, a: 0, b: 0 };
  for (const at of cells) {
    const colour = cellColour(grid, at);
    sum.l += colour.l;
    sum.a += colour.a;
    sum.b += colour.b;
  }
  return { l: sum.l / cells.length, a: sum.a / cells.length, b: sum.b / cells.length };
}
