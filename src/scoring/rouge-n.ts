import type { PrecisionRecallF1 } from "../records/index.js";
import { takeCopy } from "./arena.js";
import { type GramIndex, lengthen, matchGrams } from "./gram-index.js";
import type { RougePair, RougeReference } from "./rouge-reference.js";
import { rougeScore } from "./rouge-score.js";

/** ROUGE-N of a pair, `n` from 1 to 9: n-grams in common, each counted at most as often as either side has it. */
export function rougeN(pair: RougePair, n: number): PrecisionRecallF1 {
  const { reference, arena } = pair;
  const index = referenceGrams(reference, n);
  const grams = hypothesisGrams(pair, n);
  const left = takeCopy(arena, index.counts);
  left[0] = 0;
  let hits = 0;
  for (let at = 0; at < grams.length; at++) {
    const gram = grams[at] as number;
    if ((left[gram] as number) > 0) {
      left[gram] = (left[gram] as number) - 1;
      hits += 1;
    }
  }
  return rougeScore(hits, grams.length, index.grams.length);
}

function referenceGrams(reference: RougeReference, n: number): GramIndex {
  const { grams, tokens } = reference;
  let index = grams[0] as GramIndex;
  for (let length = 2; length <= n; length++) {
    index = grams[length - 1] ?? lengthen(index, tokens, length, reference.arena);
    grams[length - 1] = index;
  }
  return index;
}

function hypothesisGrams({ reference, hypothesis, arena }: RougePair, n: number): Int32Array {
  const { grams, tokens } = hypothesis;
  let found = grams[0] as Int32Array;
  for (let length = 2; length <= n; length++) {
    found = grams[length - 1] ?? matchGrams(referenceGrams(reference, length), found, tokens, length, arena);
    grams[length - 1] = found;
  }
  return found;
}
