import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProgram } from "../testing/index.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));

test("images prints each class with its count, and marks the person classes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-classes-"));
  try {
    const recipe = join(folder, "recipe.json");
    const images = [{ source: "folder", path: PHOTOS }];
    const teachers = [{ name: "glm", dialect: "glm", endpoints: "observer" }];
    await writeFile(recipe, JSON.stringify({ name: "c", images, teachers }));
    const { code, stdout, stderr } = await runProgram(["images", recipe]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^n02123045 +2 {2}tabby, tabby cat$/m);
    assert.match(stdout, /^n09818022 +1 {2}astronaut, .* review$/m);
    assert.ok(stdout.split("\n").every((line) => line.length <= 80));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
