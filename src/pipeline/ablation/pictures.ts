import type { SampleImage } from "../../records/index.js";
import { rankImages } from "../choose-subset.js";
import { type CellSurvey, HELD_BACK } from "../survey-cells.js";

/** Why a picture is in no arm and not held out, in the words of the manifest. */
const LEFT_OUT = {
  review: HELD_BACK.review,
  "not-answered": "not every teacher answered it",
  "no-thinking": "a teacher answered it without thinking",
  marked: "a teacher's text about it holds tags or special tokens of its readers",
} as const;
type LeftOut = keyof typeof LEFT_OUT;
const REASONS = Object.keys(LEFT_OUT) as LeftOut[];

/** The pictures that every arm can show, because every teacher gave all parts about them. */
export interface CommonPictures {
  has(place: number): boolean;
  /** Pictures of the sample that are not common, by the first reason that holds, in words. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** Finds them from a survey of both parts of `teachers` teachers. */
export function commonPictures(images: number, survey: CellSurvey, teachers: number): CommonPictures {
  const common = new Uint8Array(images);
  const counts = new Map<LeftOut, number>();
  for (let place = 0; place < images; place++) {
    const found = Array.from({ length: teachers }, (_, teacher) => faultOf(survey, place, teacher));
    const reason = REASONS.find((known) => found.includes(known));
    if (reason === undefined) common[place] = 1;
    else counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const leftOut = REASONS.flatMap((reason) => {
    const pictures = counts.get(reason) ?? 0;
    return pictures > 0 ? [[LEFT_OUT[reason], pictures] as const] : [];
  });
  return { has: (place) => common[place] === 1, leftOut: Object.fromEntries(leftOut) };
}

function faultOf(survey: CellSurvey, place: number, teacher: number): LeftOut | null {
  const held = survey.heldBack(place, teacher);
  if (held === "review" || held === "marked") return held;
  if (!survey.pairGoesOut(place, teacher)) return "not-answered";
  return survey.tokensOf(place, teacher).thinking === null ? "no-thinking" : null;
}

/** The training pictures in the order in which sizes grow, and whose turn each is. */
export interface TrainingOrder {
  readonly length: number;
  /** From 0; null where the picture is not trained on. */
  rankOf(place: number): number | null;
  /** The number of the teacher whose turn it is, evenly in each class and over all; null where it is not trained on. */
  turnOf(place: number): number | null;
  /** Classes of the training pictures that the first `size` of them leave empty. */
  emptyClasses(size: number): number;
}

/** Ranks the training pictures: evenly over the classes, so that sizes are nested. */
export function orderTraining(
  images: readonly SampleImage[],
  isTrained: (place: number) => boolean,
  teachers: number,
): TrainingOrder {
  const ranked = rankImages(images, isTrained);
  const classes = new Map<string | null, number>();
  const ranks = new Int32Array(images.length).fill(-1);
  const turns = new Int32Array(images.length).fill(-1);
  for (const [rank, { place, rankInClass }] of ranked.entries()) {
    const name = images[place]?.class ?? null;
    const numberOfClass = classes.get(name) ?? classes.size;
    classes.set(name, numberOfClass);
    ranks[place] = rank;
    turns[place] = (rankInClass + numberOfClass) % teachers;
  }
  const known = (numbers: Int32Array, place: number) => ((numbers[place] ?? -1) < 0 ? null : (numbers[place] ?? null));
  return {
    length: ranked.length,
    rankOf: (place) => known(ranks, place),
    turnOf: (place) => known(turns, place),
    // The first picture of every class stands before the second of any.
    emptyClasses: (size) => Math.max(0, classes.size - size),
  };
}
