import type { CoarseGrid } from "./coarse-grid.js";
import type { Planes } from "./pixels.js";
import { extremes, ninth, type Place, placeAt } from "./place.js";

export interface Light {
  /** Mean luma, 0…255. */
  readonly mean: number;
  readonly key: "low" | "middle" | "high";
  /** Standard deviation of the luma, 0…127.5. */
  readonly contrast: number;
  /** The luma below which 5 % and 95 % of the pixels lie. */
  readonly darkest: number;
  readonly lightest: number;
  /** Shares, 0…1, of nearly black (luma under 40) and of nearly white (over 215) pixels. */
  readonly shadow: number;
  readonly glare: number;
  readonly brightPlace: Place;
  readonly darkPlace: Place;
  /** Mean OKLab lightness of the brightest ninth less that of the darkest. */
  readonly placeRange: number;
  /** Where the light comes down from, where one even slope explains most of it; else null. */
  readonly slope: { readonly towards: Place; readonly fit: number; readonly range: number } | null;
}

/** Measures how bright a picture is, how far its tones reach, and how the light lies over it. */
export function measureLight(planes: Planes, grid: CoarseGrid): Light {
  const histogram = new Uint32Array(256);
  for (let pixel = 0; pixel < planes.luma.length; pixel++) {
    const value = planes.luma[pixel] ?? 0;
    histogram[value] = (histogram[value] ?? 0) + 1;
  }
  const total = Math.max(1, planes.luma.length);
  let sum = 0;
  let squares = 0;
  let shadow = 0;
  let glare = 0;
  histogram.forEach((count, value) => {
    sum += count * value;
    squares += count * value * value;
    if (value < 40) shadow += count;
    if (value > 215) glare += count;
  });
  const mean = sum / total;
  const ninths = meanOfNinths(grid);
  const { most, least } = extremes(ninths);
  return {
    mean,
    key: mean < 85 ? "low" : mean > 165 ? "high" : "middle",
    contrast: Math.sqrt(Math.max(0, squares / total - mean * mean)),
    darkest: percentile(histogram, total * 0.05),
    lightest: percentile(histogram, total * 0.95),
    shadow: shadow / total,
    glare: glare / total,
    brightPlace: ninth(most),
    darkPlace: ninth(least),
    placeRange: (ninths[most] ?? 0) - (ninths[least] ?? 0),
    slope: measureSlope(grid),
  };
}

function percentile(histogram: Uint32Array, below: number): number {
  let seen = 0;
  for (let value = 0; value < 256; value++) {
    seen += histogram[value] ?? 0;
    if (seen > below) return value;
  }
  return 255;
}

function meanOfNinths(grid: CoarseGrid): Float64Array {
  const sums = new Float64Array(9);
  const counts = new Float64Array(9);
  for (let at = 0; at < grid.l.length; at++) {
    const x = ((at % grid.columns) + 0.5) / grid.columns;
    const y = (Math.floor(at / grid.columns) + 0.5) / grid.rows;
    const { column, row } = placeAt(x, y);
    sums[row * 3 + column] = (sums[row * 3 + column] ?? 0) + (grid.l[at] ?? 0);
    counts[row * 3 + column] = (counts[row * 3 + column] ?? 0) + 1;
  }
  const overall = grid.l.reduce((sum, value) => sum + value, 0) / Math.max(1, grid.l.length);
  // A ninth without a cell (a picture one pixel wide) is neither bright nor dark.
  return sums.map((sum, index) => ((counts[index] ?? 0) > 0 ? sum / (counts[index] ?? 1) : overall));
}

/** Fits lightness = c + gx·x + gy·y; x and y are uncorrelated on a full grid, so each slope is its own quotient. */
function measureSlope(grid: CoarseGrid): Light["slope"] {
  const { columns, rows, l } = grid;
  const mean = l.reduce((sum, value) => sum + value, 0) / Math.max(1, l.length);
  const sums = { xl: 0, yl: 0, xx: 0, yy: 0, ll: 0 };
  l.forEach((value, at) => {
    const x = ((at % columns) + 0.5) / columns - 0.5;
    const y = (Math.floor(at / columns) + 0.5) / rows - 0.5;
    sums.xl += x * (value - mean);
    sums.yl += y * (value - mean);
    sums.xx += x * x;
    sums.yy += y * y;
    sums.ll += (value - mean) ** 2;
  });
  const gx = sums.xx > 0 ? sums.xl / sums.xx : 0;
  const gy = sums.yy > 0 ? sums.yl / sums.yy : 0;
  const fit = sums.ll > 0 ? (gx * sums.xl + gy * sums.yl) / sums.ll : 0;
  const range = Math.hypot(gx, gy);
  if (fit < 0.65 || range < 0.08) return null;
  const towards = placeAt(0.5 + (0.5 * gx) / range, 0.5 + (0.5 * gy) / range);
  return { towards, fit, range };
}
