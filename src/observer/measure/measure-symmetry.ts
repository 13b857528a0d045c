import type { CoarseGrid } from "./coarse-grid.js";

/** How a picture agrees with its mirror image: 1 the same, 0 unrelated, -1 opposite; null where it is all one colour. */
export interface Symmetry {
  readonly leftRight: number | null;
  readonly topBottom: number | null;
}

/** Correlates the coarse colours of a picture with those of its two mirror images. */
export function measureSymmetry(grid: CoarseGrid): Symmetry {
  const { columns, rows } = grid;
  return {
    leftRight: correlate(grid, (column, row) => row * columns + (columns - 1 - column)),
    topBottom: correlate(grid, (column, row) => (rows - 1 - row) * columns + column),
  };
}

function correlate(grid: CoarseGrid, mirror: (column: number, row: number) => number): number | null {
  let variance = 0;
  let product = 0;
  for (const plane of [grid.l, grid.a, grid.b]) {
    const mean = plane.reduce((sum, value) => sum + value, 0) / Math.max(1, plane.length);
    for (let at = 0; at < plane.length; at++) {
      const here = (plane[at] ?? 0) - mean;
      const there = (plane[mirror(at % grid.columns, Math.floor(at / grid.columns))] ?? 0) - mean;
      variance += here * here;
      product += here * there;
    }
  }
  // Below a spread of 0.01 in OKLab there is nothing to see, so nothing to mirror.
  return variance / Math.max(1, grid.l.length) < 1e-4 ? null : product / variance;
}
