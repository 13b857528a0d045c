import assert from "node:assert/strict";
import { test } from "node:test";
import type { Metric } from "../records/index.js";
import { metricSuite } from "../testing/index.js";
import { createLexicalScorer } from "./lexical-scorer.js";
import { type LexicalOptions, lexicalNames } from "./metric-kinds.js";
import { fitPairs, scorePair, scorePairs } from "./score-pairs.js";
import type { TfidfFit } from "./tfidf-fit.js";

const fit = await fitPairs([
  { reference: "a striped cat", hypothesis: "cats and steps" },
  { reference: "ΣΟΦΟΣ İzmir 猫が座る", hypothesis: "a striped cat sits on the step" },
]);

function suite(name: string, options: LexicalOptions, tfidfFit: TfidfFit | null = null): void {
  const scorer = createLexicalScorer({ metrics: [name], options, tfidfFit });
  const score = (reference: string, hypothesis: string) => scorer.score(reference, hypothesis)[0] ?? null;
  metricSuite({ metric: scorer.metrics[0] as Metric, score });
}

for (const name of lexicalNames) {
  if (name !== "tfidf" && name !== "rouge-9") suite(name, { stem: name === "rouge-l" });
}
suite("tfidf", { tfidfScope: "pair" });
suite("tfidf", { tfidfScope: "corpus" }, fit);

test("an unknown metric is refused with the nearest name", () => {
  assert.throws(() => scorePair({ reference: "a", hypothesis: "a" }, { metrics: ["rogue-l"] }), {
    name: "UsageError",
    message: /"rogue-l" is not a metric; did you mean "rouge-l"/,
  });
});

test("tfidf without a scope is refused, saying why", () => {
  assert.throws(() => scorePair({ reference: "a", hypothesis: "a" }, { metrics: ["tfidf"] }), {
    name: "UsageError",
    message: /two different metrics/,
  });
});

test("a text that is not known is scored null by all metrics", () => {
  const metrics = ["rouge-1", "jaccard"];
  assert.deepEqual(scorePair({ reference: null, hypothesis: "a" }, { metrics }), { "rouge-1": null, jaccard: null });
});

test("0/0 is null for the set metrics, and 0 for ROUGE as in its library", () => {
  const metrics = ["jaccard", "overlap", "rouge-1"];
  const zero = { precision: 0, recall: 0, f1: 0 };
  const empty = scorePair({ reference: "", hypothesis: " " }, { metrics });
  assert.deepEqual(empty, { jaccard: null, overlap: null, "rouge-1": zero });
  const half = scorePair({ reference: "", hypothesis: "a" }, { metrics });
  assert.deepEqual(half, { jaccard: 0, overlap: null, "rouge-1": zero });
});

test("a word that ends in NUL is another word than the one without", () => {
  const scores = scorePair({ reference: "days\0 days", hypothesis: "days" }, { metrics: ["jaccard", "overlap"] });
  assert.deepEqual(scores, { jaccard: 0.5, overlap: 1 });
});

test("the same corpus in another order has the same hash, another corpus another one", async () => {
  const pairs = [
    { reference: "one two", hypothesis: "two three" },
    { reference: "four", hypothesis: "five one" },
  ];
  const [fit1, fit2] = [await fitPairs(pairs), await fitPairs(pairs.toReversed())];
  assert.equal(fit1.hash, fit2.hash);
  assert.notEqual((await fitPairs([...pairs, ...pairs])).hash, fit1.hash);
});

test("a stream comes back in its order with what it carried", async () => {
  const pairs = ["a b", "b c", "c d"].map((hypothesis, id) => ({ id, reference: "a b c", hypothesis }));
  const got: unknown[] = [];
  for await (const { pair, scores } of scorePairs(pairs, { metrics: ["jaccard"] })) got.push([pair.id, scores.jaccard]);
  assert.deepEqual(got, [
    [0, 2 / 3],
    [1, 2 / 3],
    [2, 1 / 4],
  ]);
});

test("what was interned before an overflow of the vocabulary does not change what comes after", () => {
  const scorer = createLexicalScorer({ metrics: ["rouge-2", "jaccard"], options: {}, tfidfFit: null });
  const before = scorer.score("one two three", "two three four");
  for (let round = 0; round < 6; round++) {
    const fresh = Array.from({ length: 200_000 }, (_, at) => (round * 200_000 + at).toString(36)).join(" ");
    scorer.score(fresh, "one two");
  }
  assert.deepEqual(scorer.score("one two three", "two three four"), before);
});
