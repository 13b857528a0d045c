import assert from "node:assert/strict";
import { test } from "node:test";
import { OUTCOMES, type Outcome } from "../records/index.js";
import { measureModels } from "./measure-models.js";
import type { MeasuredModel, MetricColumns, ModelScores, ModelTable, PartName } from "./model-scores.js";
import { tableCsv, tableText } from "./model-table-text.js";

const IMAGES = 8;
const NONE = Number.NaN;
const OPTIONS = { seed: 1, resamples: 500, confidence: 0.95, against: null };

function model(name: string, role: "teacher" | "candidate", outcomes: readonly Outcome[] = []): MeasuredModel {
  const all = Array.from({ length: IMAGES }, (_, at) => outcomes[at] ?? "answered");
  const hasText = Uint8Array.from(all, (outcome) => (outcome === "answered" ? 1 : 0));
  return {
    name,
    role,
    caveat: null,
    observer: false,
    outcomes: Uint8Array.from(all, (outcome) => OUTCOMES.indexOf(outcome)),
    hasText: { thinking: hasText, answer: hasText },
  };
}

function metric(columns: Readonly<Record<string, readonly number[]>>, name = "jaccard", part: PartName = "answer") {
  return {
    part,
    metric: name,
    signature: `${name}|made-up`,
    protocol: {},
    range: { least: 0, most: 1 },
    truncated: null,
    columns: Object.entries(columns).map(([key, values]) => {
      const [candidate = "", reference = ""] = key.split("/");
      return { model: candidate, reference, values: Float64Array.from(values) };
    }),
  } satisfies MetricColumns;
}

function measure(models: readonly MeasuredModel[], metrics: readonly MetricColumns[]): ModelTable {
  const scores: ModelScores = {
    images: IMAGES,
    clusters: Int32Array.from({ length: IMAGES }, (_, at) => at >> 1),
    clusterCount: IMAGES / 2,
    clusteredBy: "class",
    models,
    metrics,
  };
  return measureModels(scores, OPTIONS);
}

function rowOf(table: ModelTable, name: string, against: string, at = 0) {
  const row = table.metrics[at]?.rows.find((one) => one.model === name && one.against === against);
  assert.ok(row, `${name} against ${against}`);
  return row;
}

const TEACHERS = [model("glm", "teacher"), model("kimi", "teacher")];

test("mean and maximum over the teachers are taken picture by picture, where all of them have a number", () => {
  const a = [0.2, 0.8, 0.2, 0.8, 0.2, 0.8, 0.2, NONE];
  const b = [0.6, 0.4, 0.6, 0.4, 0.6, 0.4, NONE, 0.4];
  const table = measure([...TEACHERS, model("one", "candidate")], [metric({ "one/glm": a, "one/kimi": b })]);
  assert.equal(table.against, "mean");
  const mean = rowOf(table, "one", "mean");
  assert.equal(mean.n, 6);
  assert.ok(Math.abs((mean.mean ?? 0) - 0.5) < 1e-12);
  const max = rowOf(table, "one", "max");
  assert.ok(Math.abs((max.mean ?? 0) - 0.7) < 1e-12);
  assert.equal(rowOf(table, "one", "glm").n, 7);
});

test("what is left out adds up to the pictures with what was measured, outcome by outcome", () => {
  const one = model("one", "candidate", ["truncated", "unparsed", "answered", "answered", "answered", "missing"]);
  const glm = model("glm", "teacher", ["answered", "answered", "failed"]);
  const table = measure([glm, one], [metric({ "one/glm": [NONE, NONE, NONE, NONE, 0.5, NONE, 0.25, 0.75] })]);
  const row = rowOf(table, "one", "glm");
  assert.equal(row.n, 3);
  assert.equal(row.mean, 0.5);
  assert.deepEqual(row.leftOut, {
    outcomes: { truncated: 1, unparsed: 1, refused: 0, failed: 0, missing: 1 },
    referenceNotAnswered: 1,
    withoutPart: 0,
    unscored: 1,
  });
  // Three cells of 1.5 in all; the other five at the least and at the most.
  assert.equal(row.worst, 1.5 / 8);
  assert.equal(row.best, 6.5 / 8);
  assert.equal(table.against, "glm");
});

test("ranks are on the pictures all have, so that a model cannot gain by leaving out the hard ones", () => {
  const careful = [0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1];
  const choosy = [0.8, NONE, 0.8, NONE, 0.8, NONE, 0.8, NONE];
  const table = measure(
    [model("glm", "teacher"), model("careful", "candidate"), model("choosy", "candidate")],
    [metric({ "careful/glm": careful, "choosy/glm": choosy })],
  );
  const [a, b] = [rowOf(table, "careful", "glm"), rowOf(table, "choosy", "glm")];
  assert.ok((a.mean ?? 0) < (b.mean ?? 0), "its own mean is lower");
  assert.equal(a.common?.n, 4);
  assert.deepEqual([a.common?.rank, b.common?.rank], [1, 2]);
  assert.equal(a.common?.aheadOfNext?.next, "choosy");
  assert.ok(Math.abs((a.common?.aheadOfNext?.mean ?? 0) - 0.1) < 1e-12);
  assert.ok(Math.abs((a.common?.aheadOfNext?.low ?? 0) - 0.1) < 1e-12);
  assert.equal(b.common?.aheadOfNext, null);
});

test("teachers are measured against each other and never ranked; unknown is null, not 0", () => {
  const nothing = Array.from({ length: IMAGES }, () => NONE);
  const table = measure(
    [...TEACHERS, model("one", "candidate")],
    [metric({ "one/glm": nothing, "one/kimi": nothing, "kimi/glm": nothing.map(() => 0.5) })],
  );
  const among = rowOf(table, "kimi", "glm");
  assert.deepEqual([among.role, among.mean, among.common], ["teacher", 0.5, null]);
  const empty = rowOf(table, "one", "mean");
  assert.deepEqual(
    [empty.n, empty.mean, empty.low, empty.common?.mean, empty.common?.rank],
    [0, null, null, null, null],
  );
  assert.equal(empty.leftOut.unscored, 8);
});

test("a pattern is claimed where the paired interval excludes zero, and only seen where it does not", () => {
  const flat = (value: number) => Array.from({ length: IMAGES }, () => value);
  const shaky = [0.9, 0.9, 0.1, 0.1, 0.9, 0.9, 0.2, 0.2];
  const models = [model("glm", "teacher"), model("sure", "candidate"), model("shaky", "candidate")];
  const table = measure(models, [
    metric({ "sure/glm": flat(0.75), "shaky/glm": shaky }, "jaccard", "thinking"),
    metric({ "sure/glm": flat(0.5), "shaky/glm": flat(0.5) }, "jaccard", "answer"),
  ]);
  const found = table.signatures.map(({ name, model: of, claimed }) => [name, of, claimed]);
  assert.deepEqual(found, [
    ["thinking-above-answer", "sure", true],
    ["thinking-above-answer", "shaky", false],
  ]);
});

test("high BERTScore with low Sentence-BERT, and the last in all, are found by name", () => {
  const flat = (value: number) => Array.from({ length: IMAGES }, () => value);
  const models = [model("glm", "teacher"), ...["a", "b", "c"].map((name) => model(name, "candidate"))];
  const table = measure(models, [
    metric({ "a/glm": flat(0.9), "b/glm": flat(0.7), "c/glm": flat(0.6) }, "bertscore"),
    metric({ "a/glm": flat(0.3), "b/glm": flat(0.7), "c/glm": flat(0.2) }, "sbert"),
  ]);
  assert.deepEqual(
    table.signatures.map(({ name, model: of, on, claimed }) => ({ name, of, on, claimed })),
    [
      { name: "bertscore-high-sbert-low", of: "a", on: "answer", claimed: true },
      { name: "last-in-all", of: "c", on: "all", claimed: true },
    ],
  );
});

test("the text keeps to 80 columns and the CSV leaves the unknown empty", () => {
  const long = "a-model-with-a-name-of-32-letters";
  const models = [...TEACHERS, model(long.slice(0, 32), "candidate")];
  const values = [0.5, 0.25, NONE, 0.5, 0.5, 0.5, 0.5, 0.5];
  const columns = metric({ [`${long.slice(0, 32)}/glm`]: values, [`${long.slice(0, 32)}/kimi`]: values });
  const table = measure(models, [{ ...columns, range: null, signature: `jaccard|${"word:value|".repeat(12)}` }]);
  for (const line of tableText(table).split("\n")) assert.ok(line.length <= 80, line);
  const [header, first] = tableCsv(table).split("\r\n");
  const at = header?.split(",").indexOf("worst") ?? -1;
  assert.equal(first?.split(",")[at], "");
  assert.equal(first?.split(",")[6], String((0.25 + 6 * 0.5) / 7));
});
