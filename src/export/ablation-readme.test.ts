import assert from "node:assert/strict";
import { test } from "node:test";
import type { AblationArm, AblationManifest } from "./ablation-manifest.js";
import { ablationReadme } from "./ablation-readme.js";

const arm = (name: string, pairs: number, tokens: AblationArm["tokens"]): AblationArm => ({
  name,
  folder: `arms/${name}`,
  factors: ["parts"],
  differs: name,
  parts: "both",
  teachers: ["glm"],
  pairing: "all",
  share: 1,
  images: 1_500,
  pairs,
  emptyClasses: 3,
  tokens,
  budget: { steps: 94, examples: 1_504, tokens: 120_000, epochs: 1.003 },
  maxLength: 5_120,
  config: "train.yaml",
});
const MANIFEST: AblationManifest = {
  formatVersion: 1,
  tool: "imagenet-think",
  toolVersion: "0.1.0",
  run: { name: "<b>my | set</b>", run8: "0123abcd" },
  trainer: "llama-factory",
  base: "a/model",
  teachers: ["glm"],
  seed: 1,
  tokenizer: { name: "tokenizer.json", exact: true },
  heldOut: { share: 0.07, folder: "held-out", images: 160, pairs: 160, groups: 150 },
  nearDuplicates: {
    words: "Two are close.",
    hash: "difference-hash/1",
    bits: 64,
    maxDistance: 4,
    groups: 9,
    images: 20,
  },
  budget: { kind: "steps", epochsOfBase: 1, batch: 16 },
  pictures: { folder: "pictures", included: false },
  leftOut: { "not every teacher answered it": 12 },
  arms: [
    arm("base", 1_500, { thinking: 80_000, answer: 30_000, text: 120_000 }),
    arm("parts-answer", 1_500, { thinking: null, answer: 30_000, text: 30_000 }),
  ],
  refused: [{ name: "size-01", pairs: 15, why: "15 pairs, fewer than 100" }],
  images: { file: "images.jsonl", rows: 1_660, sha256: "00" },
};

test("the page of an ablation has a line for every arm, what was left out, the budget, and how to start and check", () => {
  const page = ablationReadme(MANIFEST);
  for (const words of [
    "# Arms of \\<b\\>my \\| set\\</b\\>",
    "| [base](arms/base) | parts | base | 1,500 | 1,500 | 3 | 94 | 1.003 |",
    "| parts-answer |  | 30,000 | 30,000 | 20 | 120,000 |",
    "Not written: `size-01` (15 pairs, fewer than 100).",
    "Every arm is trained for 94 optimiser steps, which is 1 pass over the base arm in batches of 16",
    "Pictures in no arm and not held out: not every teacher answered it 12.",
    "7 % of the sample as asked, drawn by picture and by group with seed 1. Two are close.",
    "ln -s /path/to/your/pictures pictures",
    "(cd arms/parts-answer && llamafactory-cli train train.yaml)",
  ]) {
    assert.ok(page.includes(words), words);
  }
});

test("where the pictures are inside it says so, and a budget of tokens is told as one", () => {
  const page = ablationReadme({
    ...MANIFEST,
    pictures: { folder: "pictures", included: true },
    budget: { kind: "tokens", epochsOfBase: 3, batch: 16 },
    leftOut: {},
  });
  assert.match(page, /They lie in `pictures\/`, once for all arms/);
  assert.doesNotMatch(page, /ln -s/);
  assert.match(page, /as many tokens under the loss as the base arm in 94 steps, which is 3 passes/);
  assert.match(page, /not held out: none\./);
});
