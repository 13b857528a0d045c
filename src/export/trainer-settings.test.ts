import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExportInput, Training } from "../records/index.js";
import { madeUpExport } from "../testing/made-up-export.js";
import { llamaFactoryConfig } from "./llama-factory-config.js";
import { llamaFactoryTemplate } from "./llama-factory-template.js";
import { msSwiftScript } from "./ms-swift-script.js";
import { trlScript } from "./trl-script.js";

const TRAINING: Training = {
  model: "zai-org/GLM-4.1V-9B-Base",
  steps: 27,
  maxLength: 5_120,
  seed: 3,
  pictures: "../../pictures",
  template: "glm4v",
};
const input = (parts: ExportInput["options"]["parts"], training: Partial<Training> = {}): ExportInput => ({
  ...madeUpExport({ parts }),
  training: { ...TRAINING, ...training },
});
const yaml = (from: ExportInput) => llamaFactoryConfig(from, () => "set");
const shell = (from: ExportInput) => msSwiftScript(from, () => "sft.jsonl");

test("every trainer is told the same model, steps, seed, length and folder of pictures", () => {
  for (const line of [
    "model_name_or_path: zai-org/GLM-4.1V-9B-Base",
    "template: glm4v",
    "max_steps: 27",
    "seed: 3",
    "cutoff_len: 5120",
    "media_dir: ../../pictures",
  ]) {
    assert.ok(yaml(input("both")).split("\n").includes(line), line);
  }
  for (const words of ["--model zai-org/GLM-4.1V-9B-Base ", "--max_steps 27 ", "--seed 3 ", "--max_length 5120 "]) {
    assert.ok(shell(input("both")).includes(words), words);
  }
  assert.match(shell(input("both")), /--output_dir output \\\n {2}"\$@"\n$/);
  assert.match(shell(input("both")), /^ROOT_IMAGE_DIR="\$\{ROOT_IMAGE_DIR:-\.\.\/\.\.\/pictures\}"/m);
  for (const words of ['model="zai-org/GLM-4.1V-9B-Base",', "max_steps=27,", "seed=3,", 'here / "../../pictures"']) {
    assert.ok(trlScript(input("both")).includes(words), words);
  }
});

test("where only the answer is learned, no trainer puts an empty think block under the loss", () => {
  assert.match(yaml(input("answer")), /^enable_thinking: false$/m);
  assert.match(shell(input("answer")), /--add_non_thinking_prefix false/);
  assert.match(trlScript(input("answer")), /"enable_thinking": False[\s\S]*remove_unused_columns=False,/);
  for (const parts of ["both", "thinking"] as const) {
    assert.match(yaml(input(parts)), /^enable_thinking: true$/m);
    assert.doesNotMatch(shell(input(parts)), /non_thinking/);
    assert.doesNotMatch(trlScript(input(parts)), /enable_thinking|remove_unused/);
  }
  // Kimi's template looks for its own words, so every text of ours is one without thinking to it.
  assert.match(yaml(input("both", { template: "kimi_vl" })), /^enable_thinking: false$/m);
});

test("a model's name stays one word in every file, whatever is in it", () => {
  const model = `it's "$(x)" #1: a`;
  assert.match(yaml(input("both", { model })), /^model_name_or_path: "it's \\"\$\(x\)\\" #1: a"$/m);
  assert.ok(shell(input("both", { model })).includes(`--model 'it'\\''s "$(x)" #1: a' \\`));
  assert.ok(trlScript(input("both", { model })).includes(`model="it's \\"$(x)\\" #1: a",`));
});

test("the template of a model is known by its name or its type", () => {
  for (const [model, template] of [
    ["Qwen/Qwen2.5-VL-7B-Instruct", "qwen2_vl"],
    ["qwen2_5_vl", "qwen2_vl"],
    ["qwen3_vl", "qwen3_vl_nothink"],
    ["Qwen/Qwen3-VL-8B-Thinking", "qwen3_vl"],
    ["zai-org/GLM-4.1V-9B-Thinking", "glm4v"],
    ["zai-org/GLM-4.5V", "glm4_5v"],
    ["moonshotai/Kimi-VL-A3B-Thinking-2506", "kimi_vl"],
    ["OpenGVLab/InternVL3-8B-hf", "intern_vl"],
    ["some/model", null],
  ] as const) {
    assert.equal(llamaFactoryTemplate(model), template, model);
  }
});
