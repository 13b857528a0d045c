import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DIALECT_NAMES, type Pair } from "../records/index.js";
import { runProgram } from "../testing/index.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));

test("the observer stands in for a model of any dialect, auto too", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-observer-"));
  try {
    const recipe = join(folder, "recipe.json");
    const out = join(folder, "run");
    const images = [{ source: "folder", path: PHOTOS }];
    const teachers = DIALECT_NAMES.map((dialect) => ({ name: dialect, dialect, endpoints: "observer" }));
    await writeFile(recipe, JSON.stringify({ name: "o", images, sample: { size: 1, seed: 1 }, teachers }));
    const end = await runProgram(["run", recipe, "--out", out]);
    assert.equal(end.code, 0, end.stderr);
    const { stdout } = await runProgram(["pairs", out]);
    const pairs = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Pair);
    assert.deepEqual(
      pairs.filter(({ outcome, answer }) => outcome === "answered" && answer !== null).map(({ model }) => model),
      DIALECT_NAMES,
    );
    assert.notEqual(pairs.find(({ model }) => model === "auto")?.thinking, null);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
