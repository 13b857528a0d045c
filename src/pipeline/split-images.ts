import { createHash } from "node:crypto";
import { type SampleImage, UsageError, UserError } from "../records/index.js";

/** A split and its share of the sample, 0 < share ≤ 1. */
export interface SplitShare {
  readonly name: string;
  readonly share: number;
}

/** The names that `datasets` and every trainer here take for a split. */
const SPLIT_NAME = /^[a-z][a-z0-9_]{0,31}$/;
const ROUNDING = 1e-9;

/** Reads `train=0.98,validation=0.02`; the largest share comes first. Throws a `UsageError`. */
export function readSplitShares(text: string): readonly SplitShare[] {
  const shares = text.split(",").map((part): SplitShare => {
    const [name = "", number = "", ...more] = part.split("=").map((piece) => piece.trim());
    const share = Number(number);
    if (!SPLIT_NAME.test(name) || more.length > 0 || number === "" || !(share > 0 && share <= 1)) {
      throw new UsageError(
        `--split ${JSON.stringify(part)} is not a name and a share such as train=0.98 (letters, digits and _; 0 < share <= 1)`,
      );
    }
    return { name, share };
  });
  const twice = shares.find(({ name }, index) => shares.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new UsageError(`--split names ${twice.name} twice`);
  const total = shares.reduce((sum, { share }) => sum + share, 0);
  if (Math.abs(total - 1) > ROUNDING) {
    throw new UsageError(`--split ${text}: the shares add up to ${Number(total.toFixed(6))}, not to 1`);
  }
  return [...shares].sort((a, b) => b.share - a.share);
}

/**
 * Puts every image of the sample into a split, whole groups together (an image that is nobody's near-duplicate is a
 * group of its own). Groups are taken in the order of a seeded hash: each smaller split takes at least its share, and
 * at least one image; the first gets the rest. It depends on the sample, the shares and the seed only, so every subset
 * and every choice of teachers of one run is split alike. Throws a `UserError` where a split would stay empty.
 */
export function splitImages(
  images: readonly SampleImage[],
  shares: readonly SplitShare[],
  seed: number,
  groupOf: (image: SampleImage) => string = ({ id }) => id,
): readonly string[] {
  const groups = new Map<string, number[]>();
  for (const [place, image] of images.entries()) {
    const group = groupOf(image);
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [place]);
    else known.push(place);
  }
  const ordered = [...groups]
    .map(([group, places]) => ({ places, key: createHash("sha256").update(`split/1/${seed}/${group}`).digest("hex") }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const [first, ...smaller] = shares;
  const splits: string[] = new Array(images.length).fill(first?.name ?? "train");
  let next = 0;
  for (const { name, share } of smaller) {
    const quota = Math.max(1, Math.round(share * images.length));
    let taken = 0;
    for (; taken < quota && next < ordered.length; next++) {
      for (const place of ordered[next]?.places ?? []) {
        splits[place] = name;
        taken += 1;
      }
    }
    if (taken === 0) throw new UserError(`--split: ${images.length} pictures are too few for the split ${name}`);
  }
  if (!splits.includes(first?.name ?? "")) {
    throw new UserError(`--split: ${images.length} pictures are too few for ${shares.length} splits`);
  }
  return splits;
}
