import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inTemporaryFolder } from "../../testing/index.js";
import { checkInTrainer } from "./check-in-trainer.js";

/** Asks an interpreter that is a shell script; gives what it was called with and what it said. */
async function asked(script: string, model: string | null = null) {
  return inTemporaryFolder(async (folder) => {
    const python = join(folder, "python");
    await writeFile(python, `#!/bin/sh\n${script}\n`);
    await chmod(python, 0o755);
    const said: string[] = [];
    const isLearned = await checkInTrainer("arms", { python, model, say: (line) => said.push(line) });
    return { isLearned, said };
  });
}

test("the lines about arms are passed on, and what a trainer prints besides is not", async () => {
  const { isLearned, said } = await asked(
    'echo "{loss: 6.8}"; echo "arm base: OK, 20 rows through the trainer"; echo noise >&2',
  );
  assert.deepEqual([isLearned, said], [true, ["arm base: OK, 20 rows through the trainer"]]);
});

test("the script of the package gets the ablation and the model", async () => {
  const { said } = await asked('echo "arm base: $(basename "$1") $2 $3 $4"', "tiny");
  assert.deepEqual(said, ["arm base: check_ablation.py arms --model tiny"]);
});

test("a fault in an arm is an answer, a trainer that cannot be asked is an error", async () => {
  const failed = await asked('echo "arm base: FAILED, 20 rows through the trainer"; exit 1');
  assert.equal(failed.isLearned, false);
  await assert.rejects(asked('echo "ModuleNotFoundError: No module named trl" >&2; exit 1'), {
    name: "UserError",
    message: /exit code 1\): ModuleNotFoundError: No module named trl; clients\/README.md says what it needs/,
  });
  await assert.rejects(asked('echo "arm base: OK"; kill -9 $$'), { name: "UserError" });
  await assert.rejects(checkInTrainer("arms", { python: "/no/such/python", model: null, say: () => undefined }), {
    name: "UserError",
    message: /--python \/no\/such\/python cannot be started \(ENOENT\)/,
  });
});
