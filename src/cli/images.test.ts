import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProgram } from "../testing/index.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-images-"));
after(() => rm(folder, { recursive: true, force: true }));

/** What `images` prints about a folder of pictures. */
async function lookAt(path: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const recipe = join(folder, "recipe.json");
  const teachers = [{ name: "glm", dialect: "glm", endpoints: "observer" }];
  await writeFile(recipe, JSON.stringify({ name: "i", images: [{ source: "folder", path }], teachers }));
  const { code, stdout, stderr } = await runProgram(["images", recipe]);
  assert.equal(code, 0, stderr);
  return { stdout, stderr };
}

test("images prints each class with its count, and marks the person classes", async () => {
  const { stdout } = await lookAt(PHOTOS);
  assert.match(stdout, /^n02123045 +2 {2}tabby, tabby cat$/m);
  assert.match(stdout, /^n09818022 +1 {2}astronaut, .* review$/m);
  assert.ok(stdout.split("\n").every((line) => line.length <= 80));
});

test("words that a line has no room for end in an ellipsis", async () => {
  const bug = join(folder, "bugs", "n02236896");
  await mkdir(bug, { recursive: true });
  await copyFile(join(PHOTOS, "n02123045", "n02123045_1.JPEG"), join(bug, "n02236896_1.JPEG"));
  const { stdout } = await lookAt(join(folder, "bugs"));
  assert.match(stdout, /^n02236896 +1 {2}hemipterous insect, bug, hemipteran, he…$/m);
});

test("a file's name steers no terminal", async () => {
  const pictures = await mkdtemp(join(folder, "pictures-"));
  await writeFile(join(pictures, "red\u001b[31m.jpg"), "");
  const { stdout, stderr } = await lookAt(pictures);
  assert.match(stdout, /red\[31m\.jpg: empty-file/);
  assert.ok(!`${stdout}${stderr}`.includes("\u001b"));
});
