import type { MetricPair, MetricText } from "../records/index.js";
import type { LexicalTools } from "./lexical-tools.js";
import { createCharacterTable, readTerms } from "./python-text.js";
import { countTerms, type TermCounts } from "./term-counts.js";
import type { TfidfFit } from "./tfidf-fit.js";
import { lookUp } from "./token-interner.js";
import { createTokenReader } from "./token-reader.js";

/** Squared idf of a term that one of two documents has: ln(3/2) + 1. A term of both has 1. */
const LONE_IDF_SQUARED = (Math.log(1.5) + 1) ** 2;

/**
 * Cosine of `TfidfVectorizer()` fitted on the two texts of a pair alone. Null where neither has a term, which scikit-learn calls
 * an empty vocabulary; 0 where one has none.
 */
export function createPairTfidf(tools: LexicalTools): (pair: MetricPair) => number | null {
  let counted = new Int32Array(1 << 12);
  return (pair) => {
    const reference = pair.reference.share(tools.terms);
    const hypothesis = pair.hypothesis.share(tools.terms);
    if (reference.terms.length === 0 && hypothesis.terms.length === 0) return null;
    if (counted.length < tools.vocabularySize()) counted = new Int32Array(2 * tools.vocabularySize());
    scatter(counted, reference);
    let dot = 0;
    let sharedReference = 0;
    let sharedHypothesis = 0;
    for (let at = 0; at < hypothesis.terms.length; at++) {
      const here = hypothesis.counts[at] as number;
      const there = counted[hypothesis.terms[at] as number] as number;
      if (there === 0) continue;
      dot += here * there;
      sharedHypothesis += here * here;
      sharedReference += there * there;
    }
    for (const term of reference.terms) counted[term] = 0;
    const referenceSquared = sharedReference + LONE_IDF_SQUARED * (squareSum(reference) - sharedReference);
    const hypothesisSquared = sharedHypothesis + LONE_IDF_SQUARED * (squareSum(hypothesis) - sharedHypothesis);
    return dot === 0 ? 0 : dot / Math.sqrt(referenceSquared * hypothesisSquared);
  };
}

function scatter(counted: Int32Array, { terms, counts }: TermCounts): void {
  for (let at = 0; at < terms.length; at++) counted[terms[at] as number] = counts[at] as number;
}

function squareSum({ counts }: TermCounts): number {
  let sum = 0;
  for (const count of counts) sum += count * count;
  return sum;
}

interface Weighed extends TermCounts {
  readonly squareSum: number;
}

/**
 * Cosine of `TfidfVectorizer()` fitted on a corpus. Terms the corpus has not are left out; 0 where a side has no term, null where
 * the corpus has none at all.
 */
export function createCorpusTfidf(
  { vocabulary, idf }: TfidfFit,
  tools: Pick<LexicalTools, "arenaOf">,
): (pair: MetricPair) => number | null {
  const reader = createTokenReader((units, start, end) => lookUp(vocabulary, units, start, end));
  const characters = createCharacterTable();
  const scratch = new Int32Array(vocabulary.size);
  const dense = new Float64Array(vocabulary.size);

  const weigh = (text: MetricText): Weighed => {
    readTerms(reader, characters, text.text);
    const { terms, counts } = countTerms(reader.found, reader.count, scratch, tools.arenaOf(text));
    let squareSum = 0;
    for (let at = 0; at < terms.length; at++) {
      const weight = (counts[at] as number) * (idf[terms[at] as number] as number);
      squareSum += weight * weight;
    }
    return { terms, counts, squareSum };
  };

  return (pair) => {
    if (vocabulary.size === 0) return null;
    const reference = pair.reference.share(weigh);
    const hypothesis = pair.hypothesis.share(weigh);
    for (let at = 0; at < reference.terms.length; at++) {
      const term = reference.terms[at] as number;
      dense[term] = (reference.counts[at] as number) * (idf[term] as number);
    }
    let dot = 0;
    for (let at = 0; at < hypothesis.terms.length; at++) {
      const term = hypothesis.terms[at] as number;
      dot += (hypothesis.counts[at] as number) * (idf[term] as number) * (dense[term] as number);
    }
    for (const term of reference.terms) dense[term] = 0;
    return dot === 0 ? 0 : dot / Math.sqrt(reference.squareSum * hypothesis.squareSum);
  };
}
