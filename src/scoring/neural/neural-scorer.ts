import type { MetricProtocol, Score, ScoreShape } from "../../records/index.js";

/** A pair for a metric that looks at meaning. */
export interface TextPair {
  readonly reference: string;
  readonly hypothesis: string;
}

/** How much of one side's texts an encoder saw. */
export interface SeenTokens {
  readonly texts: number;
  /** Texts longer than the limit. */
  readonly cut: number;
  /** Of all texts, special tokens counted. */
  readonly tokens: number;
  readonly seen: number;
}

/** What the limit of an encoder took from either side. */
export interface SeenSides {
  readonly reference: SeenTokens;
  readonly hypothesis: SeenTokens;
}

/** The scores of some pairs, in their order, and how much of their texts was seen. */
export interface NeuralScores {
  readonly scores: readonly Score[];
  readonly seen: SeenSides;
}

/** A metric that needs an encoder. Calls may overlap: work waits in one queue for all. */
export interface NeuralScorer {
  readonly name: string;
  readonly shape: ScoreShape;
  readonly protocol: MetricProtocol;
  readonly signature: string;
  /** The same pair gives the same number whatever else is scored. NaN inside a score is bert_score's own. */
  score(pairs: readonly TextPair[]): Promise<NeuralScores>;
}

export function nothingSeen(): SeenSides {
  const none = { texts: 0, cut: 0, tokens: 0, seen: 0 };
  return { reference: none, hypothesis: none };
}

/** Adds what was seen in two places. */
export function addSeen(a: SeenSides, b: SeenSides): SeenSides {
  const add = (one: SeenTokens, other: SeenTokens): SeenTokens => ({
    texts: one.texts + other.texts,
    cut: one.cut + other.cut,
    tokens: one.tokens + other.tokens,
    seen: one.seen + other.seen,
  });
  return { reference: add(a.reference, b.reference), hypothesis: add(a.hypothesis, b.hypothesis) };
}

/** What the encoders saw, by the name of the metric. */
export type SeenByMetric = Readonly<Record<string, SeenSides>>;

/** Adds what more was seen. What is not known of the `pairsBefore` stays unknown: absent. */
export function addSeenByMetric(before: SeenByMetric, more: SeenByMetric, pairsBefore: number): SeenByMetric {
  const sums: Record<string, SeenSides> = {};
  for (const [name, seen] of Object.entries(more)) {
    const known = before[name] ?? (pairsBefore === 0 ? nothingSeen() : null);
    if (known !== null) sums[name] = addSeen(known, seen);
  }
  return sums;
}
