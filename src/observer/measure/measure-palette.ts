import { COLOURS, wordAt } from "./colour-table.js";
import { COLOUR_WORDS, type Family } from "./colour-words.js";
import type { Planes } from "./pixels.js";

/** A named colour and how much of the picture it covers, 0…1. */
export interface Swatch {
  readonly name: string;
  readonly family: Family;
  readonly share: number;
}

export interface Palette {
  /** Every colour word that covers something, largest first. */
  readonly swatches: readonly Swatch[];
  /** The same by family, largest first. */
  readonly families: readonly { readonly family: Family; readonly share: number }[];
  /** Mean OKLab chroma, 0…about 0.3. */
  readonly chroma: number;
  /** Shares, 0…1, of pixels strong in colour (chroma above 0.1), of warm hues, and of cool ones; greys are neither. */
  readonly vivid: number;
  readonly warm: number;
  readonly cool: number;
  /** Without visible colour anywhere. */
  readonly grey: boolean;
}

/** Names the colours of a picture: a histogram of rounded colours, each called by its nearest word in OKLab. */
export function measurePalette(planes: Planes): Palette {
  const { colour, table } = planes;
  const counts = new Uint32Array(COLOURS);
  for (let pixel = 0; pixel < colour.length; pixel++) {
    const index = colour[pixel] ?? 0;
    counts[index] = (counts[index] ?? 0) + 1;
  }

  const words = new Float64Array(COLOUR_WORDS.length);
  const sums = { chroma: 0, vivid: 0, warm: 0, cool: 0 };
  for (let index = 0; index < COLOURS; index++) {
    const count = counts[index] ?? 0;
    if (count === 0) continue;
    const word = table.word[index] ?? 0;
    words[word] = (words[word] ?? 0) + count;
    const chroma = table.chroma[index] ?? 0;
    sums.chroma += chroma * count;
    if (chroma > 0.1) sums.vivid += count;
    if (table.warmth[index] === 1) sums.warm += count;
    if (table.warmth[index] === 2) sums.cool += count;
  }

  const total = Math.max(1, colour.length);
  const swatches = toSwatches(words, total);
  return {
    swatches,
    families: toFamilies(swatches),
    chroma: sums.chroma / total,
    vivid: sums.vivid / total,
    warm: sums.warm / total,
    cool: sums.cool / total,
    grey: (sums.warm + sums.cool) / total < 0.01,
  };
}

function toSwatches(words: Float64Array, total: number): Swatch[] {
  const swatches: Swatch[] = [];
  words.forEach((count, index) => {
    if (count === 0) return;
    const { name, family } = wordAt(index);
    swatches.push({ name, family, share: count / total });
  });
  return swatches.sort((one, other) => other.share - one.share);
}

function toFamilies(swatches: readonly Swatch[]): { family: Family; share: number }[] {
  const shares = new Map<Family, number>();
  for (const { family, share } of swatches) shares.set(family, (shares.get(family) ?? 0) + share);
  return [...shares].map(([family, share]) => ({ family, share })).sort((one, other) => other.share - one.share);
}
