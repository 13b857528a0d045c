import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { inTemporaryFolder } from "../../testing/index.js";
import { readBaseModel, readTrainer } from "./base.js";

test("a model's name on a hub stays as it is; a folder becomes absolute, since each arm is started in its own", () =>
  inTemporaryFolder(async (folder) => {
    assert.deepEqual(await readBaseModel("Qwen/Qwen2.5-VL-7B-Instruct", "trl", null), {
      model: "Qwen/Qwen2.5-VL-7B-Instruct",
      template: null,
    });
    const model = join(folder, "mine");
    await mkdir(model);
    await writeFile(join(model, "config.json"), '{"model_type":"qwen3_vl"}');
    assert.deepEqual(await readBaseModel(relative(process.cwd(), model), "ms-swift", null), { model, template: null });
    assert.deepEqual(await readBaseModel(model, "llama-factory", null), { model, template: "qwen3_vl_nothink" });
    assert.deepEqual(await readBaseModel(model, "llama-factory", "qwen3_vl"), { model, template: "qwen3_vl" });
  }));

test("a model whose template is not known has to be told it, and other trainers take none", async () => {
  await assert.rejects(readBaseModel("some/model", "llama-factory", null), {
    name: "UsageError",
    message: /--template/,
  });
  await assert.rejects(readBaseModel("some/model", "trl", "qwen2_vl"), { name: "UsageError", message: /--template/ });
  assert.throws(() => readTrainer("ms_swift"), { name: "UsageError", message: /did you mean "ms-swift"/ });
});
