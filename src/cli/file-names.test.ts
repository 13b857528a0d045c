import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram } from "../testing/index.js";

test("a file's name steers no terminal", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-names-"));
  try {
    await writeFile(join(folder, "red\u001b[31m.jpg"), "");
    const recipe = join(folder, "recipe.json");
    const images = [{ source: "folder", path: folder }];
    const teachers = [{ name: "glm", dialect: "glm", endpoints: "observer" }];
    await writeFile(recipe, JSON.stringify({ name: "n", images, teachers }));
    const { code, stdout, stderr } = await runProgram(["images", recipe]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /red\[31m\.jpg: empty-file/);
    assert.ok(!`${stdout}${stderr}`.includes("\u001b"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
