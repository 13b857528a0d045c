import type { SampleImage } from "../records/index.js";

/**
 * The places of the images that can go out, in the order in which subsets grow: by their rank among the outgoing ones of
 * their class, then by their place in the sample. So a smaller subset is part of every larger one and no class exceeds
 * another by more than one image until it is used up.
 */
export function rankImages(
  images: readonly SampleImage[],
  canGoOut: (place: number) => boolean,
): readonly { readonly place: number; readonly rankInClass: number }[] {
  const seen = new Map<string | null, number>();
  const ranked: { readonly place: number; readonly rankInClass: number }[] = [];
  for (const [place, image] of images.entries()) {
    if (!canGoOut(place)) continue;
    const rankInClass = seen.get(image.class) ?? 0;
    seen.set(image.class, rankInClass + 1);
    ranked.push({ place, rankInClass });
  }
  return ranked.sort((a, b) => a.rankInClass - b.rankInClass || a.place - b.place);
}

/** The places of the first `size` images in that order. */
export function chooseSubset(
  images: readonly SampleImage[],
  canGoOut: (place: number) => boolean,
  size: number,
): ReadonlySet<number> {
  return new Set(
    rankImages(images, canGoOut)
      .slice(0, size)
      .map(({ place }) => place),
  );
}
