/** Precision, recall and their harmonic mean, each 0 to 1 for lexical metrics. */
export interface PrecisionRecallF1 {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** One metric's number for a pair. Null where it is not defined: counted, never 0. */
export type Score = number | PrecisionRecallF1 | null;

/** `one` number, or `prf`: precision, recall and F1. */
export type ScoreShape = "one" | "prf";

/** One side of a pair. */
export interface MetricText {
  readonly text: string;
  /** What `make` makes of this text. Made once: metrics that ask with the same function share it. */
  share<T>(make: (text: MetricText) => T): T;
}

/** A reference and what is measured against it. */
export interface MetricPair {
  readonly reference: MetricText;
  readonly hypothesis: MetricText;
  /** As for a text, for work that needs both sides. */
  share<T>(make: (pair: MetricPair) => T): T;
}

/** Every choice that changes the number, by name, in words that JSON can carry. */
export type MetricProtocol = Readonly<Record<string, string | number | boolean | null>>;

/** What a reader must know of a metric's numbers. */
export interface MetricFacts {
  readonly name: string;
  readonly shape: ScoreShape;
  readonly protocol: MetricProtocol;
  /** The protocol in short, to print in a paper, e.g. `rouge-l|tok:rouge_score-0.1.2|stem:no`. */
  readonly signature: string;
}

/** A metric ready to score. What must be fitted on a corpus first was fitted before. */
export interface Metric extends MetricFacts {
  /** Pure: the same pair gives the same number whatever was scored before. */
  score(pair: MetricPair): Score;
}
