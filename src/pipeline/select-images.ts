import type { SampleImage } from "../records/index.js";
import { chooseSubset } from "./choose-subset.js";
import type { Selection } from "./outgoing-rows.js";
import { type SplitShare, splitImages } from "./split-images.js";
import type { CellSurvey } from "./survey-cells.js";

/** The images of a subset, split. */
export function selectImages(
  images: readonly SampleImage[],
  survey: Pick<CellSurvey, "goesOut">,
  { subset, splits, seed }: { subset: number | null; splits: readonly SplitShare[] | null; seed: number },
): Selection {
  const chosen = subset === null ? null : chooseSubset(images, survey.goesOut, subset);
  const placed = splits === null ? null : splitImages(images, splits, seed);
  return {
    splits: splits?.map(({ name }) => name) ?? ["train"],
    splitAt: (place) =>
      chosen !== null && !chosen.has(place) ? null : placed === null ? "train" : (placed[place] ?? null),
  };
}
