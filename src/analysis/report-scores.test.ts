import assert from "node:assert/strict";
import { test } from "node:test";
import { OUTCOMES } from "../records/index.js";
import { markupOf } from "./html.js";
import { measureModels } from "./measure-models.js";
import type { MeasuredModel, ModelTable } from "./model-scores.js";
import type { ReportData, ReportModel } from "./report-data.js";
import { scoresSection } from "./report-scores.js";

const ALL = Uint8Array.from([1, 1, 1, 1]);
const CAVEAT = 'asked <b>in one turn</b> & "whole"';

function model(name: string, role: "teacher" | "candidate", caveat: string | null = null): MeasuredModel {
  const answered = OUTCOMES.indexOf("answered");
  const outcomes = Uint8Array.from(ALL, () => answered);
  return { name, role, caveat, observer: false, outcomes, hasText: { thinking: ALL, answer: ALL } };
}

function measured(): ModelTable {
  const columns = ["a", "b"].map((name, at) => ({
    model: name,
    reference: "glm",
    values: Float64Array.from([0.25, 0.5, 0.25, 0.5], (value) => value + at / 4),
  }));
  return measureModels(
    {
      images: 4,
      clusters: Int32Array.from([0, 0, 1, 1]),
      clusterCount: 2,
      clusteredBy: "class",
      models: [model("glm", "teacher"), model("a", "candidate"), model("b", "candidate", CAVEAT)],
      metrics: [
        {
          part: "answer",
          metric: "jaccard",
          signature: "jaccard|<set>",
          protocol: {},
          range: { least: 0, most: 1 },
          truncated: null,
          columns,
        },
      ],
    },
    { seed: 1, resamples: 100, confidence: 0.95, against: null },
  );
}

function pageOf(scores: ModelTable | null, images = 4): string | null {
  const models = ["glm", "a", "b"].map((name) => ({
    name,
    outcomes: { answered: 4, truncated: 0, unparsed: 0, refused: 0, failed: 0, missing: 0 },
  }));
  const data: Pick<ReportData, "scores" | "images"> & { readonly models: unknown } = { scores, images, models };
  const section = scoresSection({ ...data, models: models as unknown as readonly ReportModel[] } as ReportData);
  return section === null ? null : markupOf(section);
}

test("the plot has a mark for every mean, at its place between 0 and 1, and says its numbers in words", () => {
  const page = pageOf(measured()) ?? "";
  // 420 wide with 8 at the sides: 0.375 and 0.625 of 404, and 8.
  assert.match(page, /translate\(159\.5 /);
  assert.match(page, /translate\(260\.5 /);
  assert.match(page, /aria-label="answer\. jaccard: a 0\.375, 0\.375 to 0\.375, b 0\.625, 0\.625 to 0\.625"/);
  assert.match(page, /<b>0\.625<\/b> <span class="soft">rank 1/);
  assert.match(page, /b is last|a is last in every metric and part/);
});

test("what must be said beside a model is said, as text; so are signatures", () => {
  const page = pageOf(measured()) ?? "";
  assert.ok(!page.includes("<b>in one turn"));
  assert.ok(page.includes("asked &#60;b&#62;in one turn&#60;/b&#62; &#38; &#34;whole&#34;"));
  assert.ok(page.includes("jaccard|&#60;set&#62;"));
});

test("a run that has changed since it was scored is said to have; one that was not scored has no section", () => {
  assert.ok(!(pageOf(measured()) ?? "").includes("has changed since"));
  assert.ok((pageOf(measured(), 5) ?? "").includes("has changed since it was scored"));
  assert.equal(pageOf(null), null);
});
