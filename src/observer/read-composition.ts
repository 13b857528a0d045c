import { edgesInside } from "./measure/measure-edges.js";
import type { Measures } from "./measure/measure-picture.js";
import type { Region } from "./measure/measure-regions.js";

export const COMPOSITIONS = ["flat", "slope", "all-over", "halves", "figure", "filled", "patchwork"] as const;

/** How the parts of a picture stand to each other, and whether a second measurement agrees. */
export interface Composition {
  /**
   * `flat` one tone; `slope` an even run of tones; `all-over` the same detail everywhere; `halves` two fields that meet
   * in a line; `figure` one thing on a ground; `filled` one range of colours fills the frame; `patchwork` several parts.
   */
  readonly kind: (typeof COMPOSITIONS)[number];
  /** What everything else lies on, where something does. */
  readonly ground: Region | null;
  /** The region that stands out most without being the ground. */
  readonly figure: Region | null;
  /** Of `halves`: which way the line between them runs. */
  readonly seam: "level" | "upright" | null;
  /** Whether the check of another measurement bears the first reading out. */
  readonly borneOut: boolean;
}

/** Reads the layout from regions, light and texture, and checks the reading against edges and sharpness. */
export function readComposition(measures: Measures): Composition {
  const { regions } = measures;
  const ground = regions.find((region) => region.touches.length >= 3 && region.share > 0.3) ?? null;
  const figure = findFigure(regions, ground);
  const seam = findSeam(regions);
  const kind = kindOf(measures, ground, figure, seam);
  const reading = { kind, ground, figure, seam: kind === "halves" ? seam : null };
  return { ...reading, borneOut: isBorneOut(measures, reading) };
}

function kindOf(
  { light, texture, edges, regions }: Measures,
  ground: Region | null,
  figure: Region | null,
  seam: Composition["seam"],
): Composition["kind"] {
  const largest = regions[0]?.share ?? 1;
  if (light.contrast < 6 && largest > 0.9) return "flat";
  if (light.slope !== null && light.slope.fit > 0.8 && edges.density < 0.06) return "slope";
  if (texture.evenness > 0.92 && edges.density > 0.12) return "all-over";
  if (seam !== null) return "halves";
  const standsOut = figure !== null && figure.apart > 0.13 && figure.fill > 0.36;
  if (ground !== null && standsOut && (figure.share > 0.06 || largest < 0.8)) return "figure";
  return largest > 0.7 ? "filled" : "patchwork";
}

/** Small, far from the edges and unlike the rest is what the eye goes to. */
function findFigure(regions: readonly Region[], ground: Region | null): Region | null {
  let best: Region | null = null;
  let most = 0;
  for (const region of regions) {
    if (region === ground || region.touches.length > 1 || region.share > 0.4) continue;
    const centred = 1 - Math.hypot(region.x - 0.5, region.y - 0.5);
    const score =
      Math.sqrt(Math.min(region.share, 0.15)) * region.apart ** 2 * centred * (region.touches.length === 0 ? 1 : 0.7);
    if (score > most) {
      most = score;
      best = region;
    }
  }
  return best;
}

function findSeam(regions: readonly Region[]): Composition["seam"] {
  const [one, other] = regions;
  if (one === undefined || other === undefined || one.share + other.share < 0.8 || other.share < 0.25) return null;
  const sides = (side: "left" | "right" | "top" | "bottom"): number =>
    [one, other].filter((region) => region.touches.includes(side)).length;
  const overlapY = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  const overlapX = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  if (sides("left") === 2 && sides("right") === 2 && overlapY < 0.35) return "level";
  if (sides("top") === 2 && sides("bottom") === 2 && overlapX < 0.35) return "upright";
  return null;
}

function isBorneOut(measures: Measures, reading: Omit<Composition, "borneOut">): boolean {
  const { edges, sharpness, texture, light } = measures;
  switch (reading.kind) {
    case "flat":
      return edges.density < 0.02;
    case "slope":
      return texture.grain === "smooth";
    case "all-over":
      return sharpness.spread < 4;
    case "halves":
      return edges.leading === (reading.seam === "level" ? "horizontal" : "vertical");
    case "figure": {
      if (reading.figure === null) return false;
      const { share, area } = edgesInside(edges, reading.figure);
      return share > 1.3 * area;
    }
    case "filled":
      return texture.evenness > 0.6;
    case "patchwork":
      return light.contrast > 24;
  }
}
