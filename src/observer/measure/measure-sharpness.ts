import type { Planes } from "./pixels.js";
import { extremes, ninth, type Place } from "./place.js";

export interface Sharpness {
  /** Variance of the Laplacian of the luma: below about 60 is soft, above about 800 is crisp. */
  readonly value: number;
  readonly word: "soft" | "gentle" | "clear" | "crisp";
  readonly sharpest: Place;
  readonly softest: Place;
  /** How many times the sharpest ninth exceeds the softest. */
  readonly spread: number;
}

/** Measures how crisp a picture is, and where; needs three pixels a side, else it is called soft everywhere. */
export function measureSharpness(planes: Planes): Sharpness {
  const { width, height, luma } = planes;
  const sums = new Float64Array(9);
  const counts = new Float64Array(9);
  for (let y = 1; y < height - 1; y++) {
    const row = Math.min(2, Math.floor((3 * y) / height)) * 3;
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      const laplacian =
        4 * (luma[at] ?? 0) -
        (luma[at - 1] ?? 0) -
        (luma[at + 1] ?? 0) -
        (luma[at - width] ?? 0) -
        (luma[at + width] ?? 0);
      const place = row + (x * 3 < width ? 0 : x * 3 < 2 * width ? 1 : 2);
      sums[place] = (sums[place] ?? 0) + laplacian * laplacian;
      counts[place] = (counts[place] ?? 0) + 1;
    }
  }
  // The mean Laplacian of a picture is zero but for its border, so the mean square is the variance.
  const total = counts.reduce((sum, count) => sum + count, 0);
  const value = sums.reduce((sum, square) => sum + square, 0) / Math.max(1, total);
  const ninths = sums.map((sum, place) => sum / Math.max(1, counts[place] ?? 0));
  const { most, least } = extremes(ninths);
  return {
    value,
    word: value < 60 ? "soft" : value < 250 ? "gentle" : value < 800 ? "clear" : "crisp",
    sharpest: ninth(most),
    softest: ninth(least),
    spread: (ninths[most] ?? 0) / Math.max(1, ninths[least] ?? 0),
  };
}
