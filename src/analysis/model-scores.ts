import type { MetricProtocol, Outcome } from "../records/index.js";
import type { Estimate } from "./class-bootstrap.js";

export const PARTS = ["thinking", "answer"] as const;
/** Which half of a pair was compared with the same half of another. */
export type PartName = (typeof PARTS)[number];

/** A model that is measured or measured against. Arrays have one entry a picture. */
export interface MeasuredModel {
  readonly name: string;
  readonly role: "teacher" | "candidate";
  /** What must be said beside its numbers; null where nothing must. */
  readonly caveat: string | null;
  /** The built-in observer answered, not a model. */
  readonly observer: boolean;
  /** Place in `OUTCOMES`. */
  readonly outcomes: Uint8Array;
  /** 1 where an answered cell has this part. */
  readonly hasText: Readonly<Record<PartName, Uint8Array>>;
}

/** One model against one reference under one metric. NaN where there is no number. */
export interface ScoreColumn {
  readonly model: string;
  readonly reference: string;
  readonly values: Float64Array;
}

/** One metric over one part. */
export interface MetricColumns {
  readonly part: PartName;
  readonly metric: string;
  readonly signature: string;
  readonly protocol: MetricProtocol;
  /** The least and the most a pair can get; null where that is not known. */
  readonly range: { readonly least: number; readonly most: number } | null;
  /** Share of the texts of either side that an encoder cut; null where nothing is cut, or it is not known. */
  readonly truncated: { readonly reference: number; readonly hypothesis: number } | null;
  readonly columns: readonly ScoreColumn[];
}

export interface ModelScores {
  /** Pictures of the run. */
  readonly images: number;
  /** By picture: the number of its cluster, from 0. */
  readonly clusters: Int32Array;
  readonly clusterCount: number;
  /** `picture` where the run has no classes. */
  readonly clusteredBy: "class" | "picture";
  readonly models: readonly MeasuredModel[];
  readonly metrics: readonly MetricColumns[];
}

/** Where the pictures of a row went: with `n` they add up to the pictures of the run. */
export interface LeftOut {
  /** The model did not answer. */
  readonly outcomes: Readonly<Record<Exclude<Outcome, "answered">, number>>;
  /** It answered, but a reference did not. */
  readonly referenceNotAnswered: number;
  /** Both answered, but one of them without this part. */
  readonly withoutPart: number;
  /** Both parts are there, but the metric gives no number, or was not asked yet. */
  readonly unscored: number;
}

/** The same pictures for every candidate, so that they can be ranked. */
export interface CommonCells extends Estimate {
  /** 1 is the highest mean; null for a teacher and where there is no common cell. */
  readonly rank: number | null;
  /** How far it lies above the next in rank, on the same pictures. */
  readonly aheadOfNext: (Estimate & { readonly next: string }) | null;
}

/** A model against a teacher, or against all of them by `mean` or `max`. */
export interface ModelRow extends Estimate {
  readonly model: string;
  readonly role: "teacher" | "candidate";
  readonly against: string;
  readonly leftOut: LeftOut;
  /** The mean over all pictures if every one left out had got the least, or the most; null where that is not known. */
  readonly worst: number | null;
  readonly best: number | null;
  /** Null for a teacher. */
  readonly common: CommonCells | null;
}

export interface MetricTable extends Pick<MetricColumns, "part" | "metric" | "signature" | "protocol" | "truncated"> {
  readonly rows: readonly ModelRow[];
}

/** A pattern the paper reports, looked for by name. */
export interface Signature {
  readonly name: "thinking-above-answer" | "thinking-below-answer" | "bertscore-high-sbert-low" | "last-in-all";
  readonly model: string;
  /** The metric, and the part where it has one; `all` for the last in all. */
  readonly on: string;
  /** Whether every paired interval it rests on excludes zero. */
  readonly claimed: boolean;
  readonly differences: readonly (Estimate & { readonly of: string })[];
}

/** Everything `score` says: plain data, unknown is null. */
export interface ModelTable {
  readonly images: number;
  readonly clusters: { readonly by: "class" | "picture"; readonly count: number };
  readonly bootstrap: {
    readonly generator: string;
    readonly seed: number;
    readonly resamples: number;
    readonly confidence: number;
  };
  /** What ranks of signatures and of the plot are against: a teacher, `mean` or `max`. */
  readonly against: string;
  readonly models: readonly (Pick<MeasuredModel, "name" | "role" | "caveat" | "observer"> & {
    readonly outcomes: Readonly<Record<Outcome, number>>;
  })[];
  readonly metrics: readonly MetricTable[];
  readonly signatures: readonly Signature[];
}
