import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bootstrapIntervals } from "./bootstrap.js";
import { createLexicalScorer } from "./lexical-scorer.js";
import { porterStem } from "./porter-stemmer.js";
import { rougeOfSeveral } from "./rouge.js";
import { scoreBlock } from "./score-block.js";
import { addCounts, countPair, createDocumentCounts, fitTfidf } from "./tfidf-fit.js";

/** Fixtures are copies of what the reference libraries printed; their header lines name the versions. GOLDENS names another folder. */
const FIXTURES = process.env.GOLDENS ?? new URL("../../src/scoring/fixtures", import.meta.url).pathname;

function lines<T>(name: string): T[] {
  return readFileSync(`${FIXTURES}/${name}`, "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => JSON.parse(line) as T);
}

const ROUGE_NAMES = ["rouge-1", "rouge-2", "rouge-l", "rouge-lsum"];
type Triple = readonly [precision: number, recall: number, f1: number];

test("every stem equals nltk's", () => {
  const wrong = lines<[string, string]>("porter.jsonl").filter(([word, stem]) => porterStem(word) !== stem);
  assert.deepEqual(wrong, []);
});

for (const mode of ["plain", "stem"] as const) {
  test(`ROUGE equals rouge_score bit for bit, ${mode}`, () => {
    const rows = lines<{ id: string; reference: string; hypothesis: string; plain: Triple[]; stem: Triple[] }>(
      "rouge.jsonl",
    );
    const scorer = createLexicalScorer({ metrics: ROUGE_NAMES, options: { stem: mode === "stem" }, tfidfFit: null });
    for (const row of rows) {
      const expected = row[mode].map(([precision, recall, f1]) => ({ precision, recall, f1 }));
      assert.deepEqual(scorer.score(row.reference, row.hypothesis), expected, row.id);
    }
  });
}

test("of several references the one with the best F1 gives all three numbers", () => {
  const rows = lines<{ references: string[]; hypothesis: string; plain: Triple[]; stem: Triple[] }>(
    "rouge-multi.jsonl",
  );
  for (const row of rows) {
    for (const mode of ["plain", "stem"] as const) {
      const got = ROUGE_NAMES.map((name) =>
        rougeOfSeveral(name, row.references, row.hypothesis, { stem: mode === "stem" }),
      );
      assert.deepEqual(
        got,
        row[mode].map(([precision, recall, f1]) => ({ precision, recall, f1 })),
      );
    }
  }
});

test("a line may hold a list of references where only ROUGE is asked for", () => {
  const rows = lines<{ references: string[]; hypothesis: string; plain: Triple[] }>("rouge-multi.jsonl");
  const fields = { reference: "references", hypothesis: "hypothesis" };
  const score = (metrics: readonly string[], list: readonly object[]) => {
    const block = list.map((row, id) => `${JSON.stringify({ id, ...row })}\n`).join("");
    return scoreBlock(createLexicalScorer({ metrics, options: {}, tfidfFit: null }), Buffer.from(block), fields);
  };
  const { output, fault } = score(ROUGE_NAMES, rows);
  assert.equal(fault, null);
  const expected = rows.map(({ plain }, id) => {
    const triples = plain.map(([precision, recall, f1]) => ({ precision, recall, f1 }));
    return `${JSON.stringify({ id, ...Object.fromEntries(ROUGE_NAMES.map((name, at) => [name, triples[at]])) })}\n`;
  });
  assert.equal(Buffer.from(output).toString(), expected.join(""));
  const sentence = (metrics: readonly string[], references: unknown) =>
    score(metrics, [{ references, hypothesis: "a" }]).fault?.sentence;
  assert.match(sentence([...ROUGE_NAMES, "jaccard"], ["a"]) ?? "", /has a list .*; only ROUGE, asked for alone/);
  assert.match(sentence(ROUGE_NAMES, []) ?? "", /has an empty list/);
  assert.match(sentence(ROUGE_NAMES, ["a", 1]) ?? "", /has something else than texts in its list/);
});

for (const name of ["jaccard", "overlap"]) {
  test(`${name} equals Python's sets bit for bit`, () => {
    const scorer = createLexicalScorer({ metrics: [name], options: {}, tfidfFit: null });
    for (const row of lines<{ reference: string; hypothesis: string; value: number | null }>(`${name}.jsonl`)) {
      assert.deepEqual(scorer.score(row.reference, row.hypothesis), [row.value], JSON.stringify(row));
    }
  });
}

interface TfidfCase {
  readonly pairs: readonly [string, string][];
  readonly pair_scope: readonly (number | { error: string })[];
  readonly corpus_scope: readonly number[];
  readonly vocabulary: { readonly size: number; readonly sha256: string };
}

const tfidfCases = (JSON.parse(readFileSync(`${FIXTURES}/tfidf.json`, "utf8")) as { cases: Record<string, TfidfCase> })
  .cases;

for (const [name, golden] of Object.entries(tfidfCases)) {
  // Letters newer than the Unicode version of the Python that made the goldens; kept there for information.
  if (name === "newer_unicode_than_python") continue;

  test(`TF-IDF by pair equals scikit-learn to 1e-12: ${name}`, () => {
    const scorer = createLexicalScorer({ metrics: ["tfidf"], options: { tfidfScope: "pair" }, tfidfFit: null });
    golden.pairs.forEach(([reference, hypothesis], at) => {
      const expected = golden.pair_scope[at];
      const [score] = scorer.score(reference, hypothesis);
      if (typeof expected === "number") assert.ok(Math.abs(Number(score) - expected) < 1e-12, `${score} ${expected}`);
      else assert.equal(score, null, expected?.error);
    });
  });

  test(`TF-IDF over the corpus equals scikit-learn to 1e-12 with its vocabulary: ${name}`, () => {
    const [one, two] = [createDocumentCounts(), createDocumentCounts()];
    golden.pairs.forEach(([reference, hypothesis], at) => {
      countPair(at % 3 === 0 ? one : two, reference, hypothesis);
    });
    addCounts(one, two);
    const fit = fitTfidf(one);
    assert.equal(fit.documents, 2 * golden.pairs.length);
    assert.equal(fit.vocabulary.size, golden.vocabulary.size);
    assert.equal(fit.vocabularySha256, golden.vocabulary.sha256);
    const scorer = createLexicalScorer({ metrics: ["tfidf"], options: { tfidfScope: "corpus" }, tfidfFit: fit });
    golden.pairs.forEach(([reference, hypothesis], at) => {
      const [score] = scorer.score(reference, hypothesis);
      const expected = golden.corpus_scope[at] ?? Number.NaN;
      assert.ok(
        Math.abs(Number(score) - expected) < 1e-12,
        `${JSON.stringify([reference, hypothesis])} ${score} ${expected}`,
      );
    });
  });
}

test("bootstrap intervals equal BootstrapAggregator after numpy.random.seed, bit for bit", () => {
  const { header, cases } = JSON.parse(readFileSync(`${FIXTURES}/rouge-bootstrap.json`, "utf8")) as {
    header: { numpy_seed: number };
    cases: {
      order: string[];
      inputs: Triple[][];
      aggregate: Record<string, { low: Triple; mid: Triple; high: Triple }>;
    }[];
  };
  for (const { order, inputs, aggregate } of cases) {
    const columns = order.map((_, metric) =>
      [0, 1, 2].map((part) => Float64Array.from(inputs, (row) => row[metric]?.[part] ?? Number.NaN)),
    );
    const got = bootstrapIntervals(columns, { seed: header.numpy_seed });
    order.forEach((name, metric) => {
      for (const bound of ["low", "mid", "high"] as const) {
        assert.deepEqual(
          got[metric]?.map((interval) => interval[bound]),
          aggregate[name]?.[bound],
        );
      }
    });
  }
});
