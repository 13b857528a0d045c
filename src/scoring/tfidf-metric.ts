import { type MetricProtocol, UsageError } from "../records/index.js";
import type { LexicalKind } from "./metric-kinds.js";
import { createCorpusTfidf, createPairTfidf } from "./tfidf.js";
import type { TfidfFit } from "./tfidf-fit.js";

/** Cosine of TF-IDF vectors as scikit-learn's `TfidfVectorizer` with its defaults makes them, to 1e-12. */
export const tfidf: LexicalKind = {
  names: ["tfidf"],
  check({ tfidfScope }) {
    if (tfidfScope === "pair" || tfidfScope === "corpus") return;
    throw new UsageError(
      "tfidf has no default scope: fitted on each pair alone and fitted on the whole file it gives two different metrics; name one with --tfidf-scope pair or --tfidf-scope corpus",
    );
  },
  isFitted: ({ tfidfScope }) => tfidfScope === "corpus",
  create(name, { tfidfScope, tfidfFit, tools }) {
    if (tfidfScope === "pair") {
      return {
        name,
        shape: "one",
        protocol: { ...COMMON, scope: "pair", fittedOn: "the two texts of each pair" },
        signature: `${name}|sklearn-1.9.1-defaults|scope:pair`,
        score: createPairTfidf(tools),
      };
    }
    if (tfidfFit === null) throw new Error("tfidf over a corpus was asked to score before it was fitted");
    return {
      name,
      shape: "one",
      protocol: { ...COMMON, scope: "corpus", ...describeFit(tfidfFit) },
      signature: `${name}|sklearn-1.9.1-defaults|scope:corpus|fit:${tfidfFit.hash.slice(0, 12)}`,
      score: createCorpusTfidf(tfidfFit, tools),
    };
  },
};

const COMMON: MetricProtocol = {
  equals: "scikit-learn 1.9.1 TfidfVectorizer() and cosine_similarity, to 1e-12",
  tokens: "lower case, runs of two or more of Python's word characters",
  idf: "smooth: ln((1 + n) / (1 + df)) + 1",
  norm: "l2",
};

function describeFit(fit: TfidfFit): MetricProtocol {
  return {
    fittedOn: "every reference and every hypothesis, repeats kept",
    documents: fit.documents,
    terms: fit.vocabulary.size,
    vocabularySha256: fit.vocabularySha256,
    fitSha256: fit.hash,
  };
}
