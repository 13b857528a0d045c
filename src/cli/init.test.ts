import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram } from "../testing/index.js";

test("init that found no room leaves nothing behind, so that the same line works when there is some", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-init-"));
  try {
    // The recipe fits in, the first picture does not.
    const full = await runProgram(["init", folder], { shell: 'ulimit -f 24; exec "$@"' });
    assert.equal(full.code, 1);
    assert.match(full.stderr, /^imagenet-think: cannot write into .* \(EFBIG\); make room, or choose another place\n$/);
    assert.deepEqual(await readdir(folder), []);
    assert.equal((await runProgram(["init", folder])).code, 0);
    const again = await runProgram(["init", folder]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /recipe\.yaml is there already/);
    assert.deepEqual((await readdir(folder)).sort(), ["pictures", "recipe.yaml"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
