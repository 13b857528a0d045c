import type { Planes } from "./pixels.js";
import { extremes, ninth, type Place } from "./place.js";

export const DIRECTIONS = ["horizontal", "vertical", "rising", "falling"] as const;
/** How an edge runs: `rising` like a slash, `falling` like a backslash. */
export type Direction = (typeof DIRECTIONS)[number];

export interface Edges {
  /** Share of pixels, 0…1, where light or colour changes by more than 20 of 255 from one neighbour to the other. */
  readonly density: number;
  /** Share of all edge strength by direction, in the order of `DIRECTIONS`; zeros without any edge. */
  readonly directions: readonly number[];
  /** The direction that clearly leads, null where none does. */
  readonly leading: Direction | null;
  /** How far all edges agree on one direction, 0…1. */
  readonly agreement: number;
  /** Share of edge strength in each of 12 × 12 fields, row by row. */
  readonly fields: readonly number[];
  /** The same in each ninth. */
  readonly ninths: readonly number[];
  readonly busiest: Place;
  readonly quietest: Place;
}

const FIELDS = 12;

/** Finds where light or colour changes, how much, and in which direction, by central differences. */
export function measureEdges({ width, height, luma, tint }: Planes): Edges {
  const directions = new Float64Array(4);
  const fields = new Float64Array(FIELDS * FIELDS);
  const columnOf = Uint8Array.from({ length: width }, (_, x) => Math.floor((x * FIELDS) / width));
  let xx = 0;
  let yy = 0;
  let xy = 0;
  let strong = 0;
  for (let y = 1; y < height - 1; y++) {
    const row = Math.floor((y * FIELDS) / height) * FIELDS;
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      // The luma alone would miss the line between a red and a blue of the same brightness.
      const lx = (luma[at + 1] ?? 0) - (luma[at - 1] ?? 0);
      const ly = (luma[at + width] ?? 0) - (luma[at - width] ?? 0);
      const tx = (tint[at + 1] ?? 0) - (tint[at - 1] ?? 0);
      const ty = (tint[at + width] ?? 0) - (tint[at - width] ?? 0);
      const light = lx * lx + ly * ly;
      const colour = tx * tx + ty * ty;
      const square = light + colour;
      if (square < 64) continue;
      if (square > 400) strong++;
      const gx = light < colour ? tx : lx;
      const gy = light < colour ? ty : ly;
      xx += gx * gx;
      yy += gy * gy;
      xy += gx * gy;
      const strength = Math.sqrt(square);
      const direction = directionOf(gx, gy);
      directions[direction] = (directions[direction] ?? 0) + strength;
      const field = row + (columnOf[x] ?? 0);
      fields[field] = (fields[field] ?? 0) + strength;
    }
  }
  const total = fields.reduce((sum, value) => sum + value, 0);
  const share = (value: number): number => (total > 0 ? value / total : 0);
  const shares = Array.from(directions, share);
  const ninths = toNinths(Array.from(fields, share));
  const { most, least } = extremes(ninths);
  return {
    density: strong / Math.max(1, (width - 2) * (height - 2)),
    directions: shares,
    leading: leadingOf(shares),
    agreement: xx + yy > 0 ? Math.hypot(xx - yy, 2 * xy) / (xx + yy) : 0,
    fields: Array.from(fields, share),
    ninths,
    busiest: ninth(most),
    quietest: ninth(least),
  };
}

/** What share of all edge strength lies in a box given in shares of width and height, and what share of the picture the box is. */
export function edgesInside(
  edges: Edges,
  box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number },
): { readonly share: number; readonly area: number } {
  // Half a field of margin, because the outline of a thing lies on the rim of its box.
  const margin = 0.5 / FIELDS;
  let share = 0;
  let count = 0;
  edges.fields.forEach((value, at) => {
    const x = ((at % FIELDS) + 0.5) / FIELDS;
    const y = (Math.floor(at / FIELDS) + 0.5) / FIELDS;
    if (x < box.left - margin || x > box.right + margin || y < box.top - margin || y > box.bottom + margin) return;
    share += value;
    count++;
  });
  return { share, area: count / edges.fields.length };
}

function toNinths(fields: readonly number[]): number[] {
  const ninths = new Array<number>(9).fill(0);
  fields.forEach((value, at) => {
    const place = Math.floor(at / FIELDS / 4) * 3 + Math.floor((at % FIELDS) / 4);
    ninths[place] = (ninths[place] ?? 0) + value;
  });
  return ninths;
}

/** An edge runs across its gradient, and y counts downwards. */
function directionOf(gx: number, gy: number): 0 | 1 | 2 | 3 {
  const ax = Math.abs(gx);
  const ay = Math.abs(gy);
  if (ay > 2.414 * ax) return 0;
  if (ax > 2.414 * ay) return 1;
  return gx > 0 === gy > 0 ? 2 : 3;
}

function leadingOf(shares: readonly number[]): Direction | null {
  const { most } = extremes(shares);
  const rest = shares.filter((_, index) => index !== most);
  const first = shares[most] ?? 0;
  return first > 0.34 && first > 1.25 * Math.max(...rest) ? (DIRECTIONS[most] ?? null) : null;
}
