import type { PrecisionRecallF1 } from "../records/index.js";
import { findPlaces, lcsLength } from "./lcs.js";
import type { RougePair } from "./rouge-reference.js";
import { rougeScore } from "./rouge-score.js";

/** ROUGE-L of a pair: the longest common subsequence over all tokens, line feeds being ordinary separators. */
export function rougeL({ reference, hypothesis }: RougePair): PrecisionRecallF1 {
  reference.places ??= findPlaces(reference.tokens, reference.distinct);
  const hits = lcsLength(reference.places, hypothesis.tokens);
  return rougeScore(hits, hypothesis.tokens.length, reference.tokens.length);
}
