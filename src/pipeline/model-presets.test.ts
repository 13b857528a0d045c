import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { SampleImage } from "../records/index.js";
import { askKey } from "./ask-key.js";
import { compareRecipes } from "./compare-recipes.js";
import { planRun } from "./plan-run.js";
import { parseRecipe } from "./read-recipe.js";

const CLASSES = { list: "all", count: null, sha256: null };
const BASE = `name: t
images: [{ source: folder, path: ./pictures }]
teachers: [{ name: glm, preset: glm-4.1v-9b-thinking, endpoints: ["http://localhost:1/v1"] }]
candidates:
`;

function plan(candidate: string) {
  return planRun(parseRecipe(`${BASE}  - ${candidate}`, "r.yaml"), "/r.yaml", CLASSES);
}

function modelOf(candidate: string) {
  const model = plan(candidate).models[1];
  assert.ok(model);
  return model;
}

test("a preset says what the recipe leaves out, and the resolved values stand in the plan", () => {
  const model = modelOf(`{ name: a, preset: openvlthinker-7b, endpoints: ["http://localhost:1/v1"] }`);
  assert.equal(model.model, "ydeng9/OpenVLThinker-7B");
  assert.equal(model.dialect.name, "think-tags");
  assert.deepEqual(model.sampling, { max_tokens: 2048, temperature: 0.01, top_p: 0.001, top_k: 1 });
  assert.deepEqual(model.preset, { name: "openvlthinker-7b", caveat: null });
});

test("the recipe's own keys come before the preset's, field by field", () => {
  const model = modelOf(
    `{ name: a, preset: openvlthinker-7b, model: mine, temperature: 0.5, extra: { top_k: 5 }, endpoints: ["http://localhost:1/v1"] }`,
  );
  assert.equal(model.model, "mine");
  assert.deepEqual(model.sampling, { max_tokens: 2048, temperature: 0.5, top_p: 0.001, top_k: 5 });
});

test("a model outside its training protocol carries that into every table", () => {
  const model = modelOf(`{ name: a, preset: visionthink-efficient, endpoints: ["http://localhost:1/v1"] }`);
  assert.match(model.preset?.caveat ?? "", /one turn with the whole picture.*outside its training/);
});

test("a model that thinks only under a system text is refused without one, and measured plainly where that is said", () => {
  const fields = `name: a, preset: internvl3.5-8b, endpoints: ["http://localhost:1/v1"]`;
  assert.throws(() => plan(`{ ${fields} }`), /candidates\[0\]\.system is missing: .*R1_SYSTEM_PROMPT/);
  assert.equal(modelOf(`{ ${fields}, system: "Think." }`).system, "Think.");
  assert.equal(modelOf(`{ ${fields}, dialect: plain }`).dialect.name, "plain");
});

test("an unknown preset is answered with the nearest known one, and no preset needs a dialect", () => {
  assert.throws(
    () => plan(`{ name: a, preset: openvlthinker-7, endpoints: observer }`),
    /candidates\[0\]\.preset is "openvlthinker-7"; did you mean "openvlthinker-7b"/,
  );
  assert.throws(() => plan("{ name: a, endpoints: observer }"), /candidates\[0\]\.dialect is missing/);
});

test("what an observer is told is part of the question, and only an observer is told", () => {
  const image = { id: "a", sha256: "0", preparation: "as-is/1" } as SampleImage;
  const keys = ["", ", observer: { voice: terse }", ", observer: { broken: no-think, brokenShare: 0.3 }"].map(
    (more) => {
      const header = plan(`{ name: a, dialect: glm, endpoints: observer${more} }`);
      const model = header.models[1];
      assert.ok(model);
      return askKey(image, model, header.prompt);
    },
  );
  assert.equal(new Set(keys).size, 3);
  const [was, is] = ["", ", observer: { voice: terse }"].map((more) =>
    plan(`{ name: a, dialect: glm, endpoints: observer${more} }`),
  );
  assert.ok(was && is);
  assert.deepEqual(
    compareRecipes(was, is).map(({ key }) => key),
    ["a.observer"],
  );
  assert.throws(
    () => plan(`{ name: a, model: m, dialect: glm, endpoints: ["http://localhost:1/v1"], observer: { voice: terse } }`),
    /candidates\[0\]\.observer is for trials with `endpoints: observer`/,
  );
  assert.throws(
    () => plan("{ name: a, dialect: glm, endpoints: observer, observer: { brokenShare: 0.5 } }"),
    /brokenShare has no effect without broken/,
  );
});

test("the recipes of the paper's evaluation and of its first experiment can be planned as they are", async () => {
  const read = async (name: string) => {
    const file = fileURLToPath(new URL(`../../recipes/${name}`, import.meta.url));
    return planRun(parseRecipe(await readFile(file, "utf8"), file), file, CLASSES);
  };
  const names = (header: Awaited<ReturnType<typeof read>>, role: string) =>
    header.models.filter((model) => model.role === role).map(({ name }) => name);
  const whole = await read("paper-evaluation.yaml");
  assert.deepEqual(names(whole, "teacher"), ["glm", "kimi"]);
  assert.deepEqual(names(whole, "candidate"), [
    "internvl",
    "openvlthinker",
    "visionthink",
    "vl-rethinker",
    "r1-onevision",
  ]);
  const first = await read("paper-first-experiment.yaml");
  assert.deepEqual(names(first, "candidate"), ["openvlthinker"]);
  assert.deepEqual(
    first.models.find(({ name }) => name === "openvlthinker"),
    whole.models.find(({ name }) => name === "openvlthinker"),
  );
});
