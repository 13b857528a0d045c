import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunHeader } from "../records/index.js";
import { compareRecipes } from "./compare-recipes.js";
import { planRun } from "./plan-run.js";
import { parseRecipe } from "./read-recipe.js";

const BASE = `
name: t
images: [{ source: folder, path: /p }]
sample: { size: 100, seed: 7 }
teachers: [{ name: glm, model: m, endpoints: [http://h/v1], dialect: glm, temperature: 0.8 }]
`;

function header(text: string): RunHeader {
  return planRun(parseRecipe(text, "/r.yaml"), "/r.yaml", { list: "all", count: null, sha256: null });
}

function keys(changed: string): string[] {
  return compareRecipes(header(BASE), header(changed)).map((difference) => difference.key);
}

test("what may change between starts is no difference", () => {
  assert.deepEqual(keys(BASE), []);
  assert.deepEqual(keys(BASE.replace("http://h/v1", "http://other:8000/v1")), []);
  assert.deepEqual(
    keys(
      BASE.replace(
        "temperature: 0.8",
        "temperature: 0.8, concurrency: 3, tries: 9, apiKeyEnv: K, timeouts: { idleMs: 5 }",
      ),
    ),
    [],
  );
  assert.deepEqual(keys(`${BASE}licence: CC0-1.0\n`), []);
});

test("a teacher or candidate added and a larger sample with the same seed are growth", () => {
  assert.deepEqual(keys(BASE.replace("size: 100", "size: 200")), []);
  assert.deepEqual(keys(BASE.replace("sample: { size: 100, seed: 7 }\n", "")), []);
  assert.deepEqual(keys(`${BASE}candidates: [{ name: c, model: x, endpoints: [http://h/v1], dialect: boxed }]\n`), []);
});

test("everything else is a difference", () => {
  assert.deepEqual(keys(BASE.replace("size: 100", "size: 50")), ["sample"]);
  assert.deepEqual(keys(BASE.replace("seed: 7", "seed: 8")), ["sample"]);
  assert.deepEqual(keys(BASE.replace("model: m", "model: n")), ["glm.model"]);
  assert.deepEqual(keys(BASE.replace("temperature: 0.8", "temperature: 0.7")), ["glm.sampling"]);
  assert.deepEqual(keys(BASE.replace("dialect: glm", "dialect: kimi")), ["glm.dialect", "glm.sampling"]);
  assert.deepEqual(keys(`${BASE}prompt: { text: other }\n`), ["prompt"]);
  assert.deepEqual(keys(`${BASE}people: drop\n`), ["people"]);
  assert.deepEqual(keys(`${BASE}gate: { minSide: 10 }\n`), ["gate"]);
  assert.deepEqual(keys(BASE.replace("name: glm", "name: other")), ["teacher glm"]);
});
