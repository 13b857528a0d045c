import type { CoarseGrid } from "./coarse-grid.js";

/** A colour this far in OKLab from every group opens a group of its own. */
const APART = 0.12;
const MOST = 6;
const ROUNDS = 4;

type Colours = Pick<CoarseGrid, "l" | "a" | "b">;

/**
 * Gives every cell the number of its colour group: k-means in OKLab, at most six groups. The first centre is the mean,
 * each further one the cell farthest from all so far, so nothing is drawn at random.
 */
export function clusterColours(grid: Colours): Uint8Array {
  const cells = grid.l.length;
  const labels = new Uint8Array(cells);
  const apart = new Float64Array(cells).fill(Number.POSITIVE_INFINITY);
  const centres: Colours = { l: new Float64Array(MOST), a: new Float64Array(MOST), b: new Float64Array(MOST) };
  takeMeans(grid, labels, centres, 1);
  let groups = 1;
  for (; groups < MOST; groups++) {
    for (let at = 0; at < cells; at++) {
      apart[at] = Math.min(apart[at] ?? 0, squareApart(grid, at, centres, groups - 1));
    }
    const farthest = apart.reduce((best, square, at) => (square > (apart[best] ?? 0) ? at : best), 0);
    if ((apart[farthest] ?? 0) < APART * APART) break;
    for (const axis of ["l", "a", "b"] as const) centres[axis][groups] = grid[axis][farthest] ?? 0;
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (let at = 0; at < cells; at++) labels[at] = nearestCentre(grid, at, centres, groups);
    takeMeans(grid, labels, centres, groups);
  }
  return labels;
}

function nearestCentre(grid: Colours, at: number, centres: Colours, groups: number): number {
  let nearest = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let group = 0; group < groups; group++) {
    const square = squareApart(grid, at, centres, group);
    if (square < least) {
      least = square;
      nearest = group;
    }
  }
  return nearest;
}

function squareApart(grid: Colours, at: number, centres: Colours, group: number): number {
  const l = (grid.l[at] ?? 0) - (centres.l[group] ?? 0);
  const a = (grid.a[at] ?? 0) - (centres.a[group] ?? 0);
  const b = (grid.b[at] ?? 0) - (centres.b[group] ?? 0);
  return l * l + a * a + b * b;
}

/** Moves every centre to the mean of its cells; one without cells stays where it is. */
function takeMeans(grid: Colours, labels: Uint8Array, centres: Colours, groups: number): void {
  const counts = new Uint32Array(groups);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  for (const axis of ["l", "a", "b"] as const) {
    const sums = new Float64Array(groups);
    labels.forEach((label, at) => {
      sums[label] = (sums[label] ?? 0) + (grid[axis][at] ?? 0);
    });
    for (let group = 0; group < groups; group++) {
      const count = counts[group] ?? 0;
      if (count > 0) centres[axis][group] = (sums[group] ?? 0) / count;
    }
  }
}
