import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Metric, Score } from "../records/index.js";

export interface MetricSuite {
  readonly metric: Metric;
  /** The metric's score of two texts, as the room that owns it makes pairs. */
  readonly score: (reference: string, hypothesis: string) => Score;
}

/** Texts a metric meets sooner or later. */
const TEXTS = [
  "",
  " \n\t",
  "A striped cat sits on the step and looks at us.",
  "a striped cat, sitting\non two steps",
  "...!?",
  "\ud800 half a \udfff pair",
  "Ünïcödé ΣΟΦΟΣ İzmir 猫が座る \u{1f600}\u{10400}",
  "x".repeat(300_000),
  "y ".repeat(3_000),
];

/** What every metric must satisfy. Call it in the metric's own test file. */
export function metricSuite({ metric, score }: MetricSuite): void {
  describe(`metric ${metric.name}`, () => {
    test("every score is of the stated shape, finite, from 0 to 1, or null", () => {
      for (const reference of TEXTS) {
        for (const hypothesis of TEXTS) checkShape(metric, score(reference, hypothesis));
      }
    });

    test("a pair has the same score whatever was scored before it", () => {
      const first = TEXTS.map((text) => score(text, TEXTS[2] ?? ""));
      for (const text of TEXTS) score(text, text);
      const again = TEXTS.toReversed()
        .map((text) => score(text, TEXTS[2] ?? ""))
        .toReversed();
      assert.deepEqual(again, first);
    });

    test("a text scores highest against itself", () => {
      const text = TEXTS[2] ?? "";
      const best = numberOf(score(text, text));
      assert.ok(Math.abs(best - 1) < 1e-12, String(best));
      for (const other of TEXTS) assert.ok(numberOf(score(text, other)) <= best);
    });

    test("the signature is one short word that begins with the name", () => {
      assert.match(metric.signature, /^[!-~]{1,120}$/);
      assert.equal(metric.signature.split("|")[0], metric.name);
    });

    test("the protocol survives JSON and says more than the name", () => {
      assert.deepEqual(JSON.parse(JSON.stringify(metric.protocol)), metric.protocol);
      assert.ok(Object.keys(metric.protocol).length >= 2);
    });
  });
}

function checkShape(metric: Metric, score: Score): void {
  if (score === null) return;
  assert.equal(typeof score === "number" ? "one" : "prf", metric.shape);
  const numbers = typeof score === "number" ? [score] : [score.precision, score.recall, score.f1];
  for (const number of numbers) assert.ok(number >= 0 && number <= 1 + 1e-12, `${metric.name}: ${number}`);
}

function numberOf(score: Score): number {
  if (score === null) return Number.NEGATIVE_INFINITY;
  return typeof score === "number" ? score : score.f1;
}
