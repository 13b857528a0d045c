import type { Metric, PrecisionRecallF1, Score } from "../records/index.js";
import { createLexicalTools } from "./lexical-tools.js";
import type { LexicalKind } from "./metric-kinds.js";
import { rougeL } from "./rouge-l.js";
import { rougeLsum } from "./rouge-lsum.js";
import { rougeN } from "./rouge-n.js";
import type { RougePair } from "./rouge-reference.js";

const GRAMS = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `rouge-${n}`);
/** ROUGE as Google's `rouge_score` 0.1.2 computes it, bit for bit: 0 where a side has no token. */
export const rouge: LexicalKind = {
  names: [...GRAMS, "rouge-l", "rouge-lsum"],
  create(name, { stem, tools }): Metric {
    const score = scorerOf(name);
    return {
      name,
      shape: "prf",
      protocol: {
        equals: "rouge_score 0.1.2",
        type: name.replace("-", "").replace("l", "L"),
        tokens: "lower case, runs of a-z and 0-9",
        stemmer: stem ? "nltk 3.10.4 PorterStemmer, NLTK_EXTENSIONS, tokens longer than 3" : null,
        lines: name === "rouge-lsum" ? "split at the line feed" : null,
        precision: "by the tokens of the hypothesis",
        references: "of several the one with the highest F1, the first of equals",
      },
      signature: `${name}|tok:rouge_score-0.1.2|stem:${stem ? "nltk-porter" : "no"}`,
      score: (pair) => score(pair.share(tools.rougePair)),
    };
  },
};

function scorerOf(name: string): (pair: RougePair) => PrecisionRecallF1 {
  if (name === "rouge-l") return rougeL;
  if (name === "rouge-lsum") return rougeLsum;
  const n = GRAMS.indexOf(name) + 1;
  return (pair) => rougeN(pair, n);
}

/** Scores one pair with one ROUGE metric, `rouge-1` to `rouge-9`, `rouge-l` or `rouge-lsum`. */
export function rougeOf(
  name: string,
  reference: string,
  hypothesis: string,
  options: { readonly stem?: boolean } = {},
): PrecisionRecallF1 {
  const tools = createLexicalTools({ stem: options.stem === true });
  return scorerOf(name)(tools.rougePair(tools.pair(reference, hypothesis)));
}

/**
 * Scores a hypothesis against several references as `score_multi` does: the reference with the highest F1 (the first of equals)
 * gives precision, recall and F1 together. Null where there is no reference.
 */
export function rougeOfSeveral(
  name: string,
  references: readonly string[],
  hypothesis: string,
  options: { readonly stem?: boolean } = {},
): Score {
  return references.map((reference): Score => rougeOf(name, reference, hypothesis, options)).reduce(betterRouge, null);
}

/** The score with the higher F1, the first of equals. */
export function betterRouge(first: Score, second: Score): Score {
  return f1Of(second) > f1Of(first) ? second : first;
}

function f1Of(score: Score): number {
  return score === null ? Number.NEGATIVE_INFINITY : typeof score === "number" ? score : score.f1;
}
