import type { Score } from "../records/index.js";
import { createLexicalScorer } from "./lexical-scorer.js";
import type { LexicalOptions } from "./metric-kinds.js";
import { countPair, createDocumentCounts, fitTfidf, type TfidfFit } from "./tfidf-fit.js";

/** Two texts; null where one is not known. */
export interface TextPair {
  readonly reference: string | null;
  readonly hypothesis: string | null;
}

export interface ScorePairsOptions extends LexicalOptions {
  readonly metrics: readonly string[];
  /** For TF-IDF over a corpus: what `fitPairs` learned. */
  readonly tfidfFit?: TfidfFit | null;
}

/** Scores of a pair, by metric. */
export type PairScores = Readonly<Record<string, Score>>;

/** Scores one pair. Throws a `UsageError` for an unknown metric or a choice that is missing. */
export function scorePair(pair: TextPair, options: ScorePairsOptions): PairScores {
  return scorerOf(options)(pair);
}

/** Scores a stream of pairs in its order; each comes back with its scores. Pairs that share a reference are best neighbours. */
export async function* scorePairs<P extends TextPair>(
  pairs: AsyncIterable<P> | Iterable<P>,
  options: ScorePairsOptions,
): AsyncGenerator<{ readonly pair: P; readonly scores: PairScores }> {
  const score = scorerOf(options);
  for await (const pair of pairs) yield { pair, scores: score(pair) };
}

/** The first of two walks for TF-IDF over a corpus: every reference and every hypothesis is a document. */
export async function fitPairs(pairs: AsyncIterable<TextPair> | Iterable<TextPair>): Promise<TfidfFit> {
  const counts = createDocumentCounts();
  for await (const { reference, hypothesis } of pairs) {
    if (reference !== null && hypothesis !== null) countPair(counts, reference, hypothesis);
  }
  return fitTfidf(counts);
}

function scorerOf({ metrics, tfidfFit = null, ...options }: ScorePairsOptions): (pair: TextPair) => PairScores {
  const scorer = createLexicalScorer({ metrics, options, tfidfFit });
  return ({ reference, hypothesis }) => {
    const scores = reference === null || hypothesis === null ? null : scorer.score(reference, hypothesis);
    return Object.fromEntries(metrics.map((name, at) => [name, scores?.[at] ?? null]));
  };
}
