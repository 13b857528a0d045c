import type { SampleImage } from "../records/index.js";

/**
 * The places of `size` images among those that can go out. Images are taken by their rank among the outgoing ones of
 * their class, then by their place in the sample, so a smaller subset is part of every larger one and no class exceeds
 * another by more than one image until it is used up.
 */
export function chooseSubset(
  images: readonly SampleImage[],
  canGoOut: (place: number) => boolean,
  size: number,
): ReadonlySet<number> {
  const seen = new Map<string | null, number>();
  const ranked: { readonly place: number; readonly rank: number }[] = [];
  for (const [place, image] of images.entries()) {
    if (!canGoOut(place)) continue;
    const rank = seen.get(image.class) ?? 0;
    seen.set(image.class, rank + 1);
    ranked.push({ place, rank });
  }
  ranked.sort((a, b) => a.rank - b.rank || a.place - b.place);
  return new Set(ranked.slice(0, size).map(({ place }) => place));
}
