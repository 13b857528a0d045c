import { type ImageId, type SampleImage, UserError } from "../../records/index.js";
import type { NearDuplicates } from "../near-duplicates.js";
import { splitImages } from "../split-images.js";

export const HELD_OUT = "held-out";
const TRAIN = "train";

/**
 * Draws the held-out pictures of a sample, whole groups of near-duplicates together: by place, whether it is held out.
 * It depends on the sample, the share and the seed only. Throws a `UserError` where one of the two sets would stay empty.
 */
export function drawHeldOut(
  images: readonly SampleImage[],
  share: number,
  seed: number,
  near: NearDuplicates,
): (place: number) => boolean {
  const groups = new Set(images.map(({ id }) => groupOf(near, id))).size;
  if (groups < 2) {
    throw new UserError(
      `the ${images.length} pictures are all near-duplicates of each other, so none can be held out from the others`,
    );
  }
  const shares = [
    { name: TRAIN, share: 1 - share },
    { name: HELD_OUT, share },
  ];
  const splits = splitImages(images, shares, seed, ({ id }) => groupOf(near, id));
  return (place) => splits[place] === HELD_OUT;
}

/** The group of a picture; its own where nothing is known of it. */
export function groupOf({ pictures }: NearDuplicates, id: ImageId): string {
  return pictures.get(id)?.group ?? id;
}

/** How many groups of more than one picture there are, and how many pictures they hold. */
export function countGroups({ pictures }: NearDuplicates): { readonly groups: number; readonly images: number } {
  const sizes = new Map<string, number>();
  for (const { group } of pictures.values()) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const several = [...sizes.values()].filter((size) => size > 1);
  return { groups: several.length, images: several.reduce((sum, size) => sum + size, 0) };
}
