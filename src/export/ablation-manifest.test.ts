import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inTemporaryFolder } from "../testing/index.js";
import { ABLATION_IMAGES_NAME } from "./ablation-images.js";
import {
  ABLATION_NAME,
  type AblationManifest,
  readAblationManifest,
  writeAblationManifest,
} from "./ablation-manifest.js";

const FACTS: Omit<AblationManifest, "formatVersion" | "tool"> = {
  toolVersion: "0.1.0",
  run: { name: "set", run8: "0123abcd" },
  trainer: "trl",
  base: "a/model",
  teachers: ["glm"],
  seed: 1,
  tokenizer: { name: "estimate/1", exact: false },
  heldOut: { share: 0.1, folder: "held-out", images: 1, pairs: 1, groups: 1 },
  nearDuplicates: { words: "close", hash: "difference-hash/1", bits: 64, maxDistance: 4, groups: 0, images: 0 },
  budget: { kind: "steps", epochsOfBase: 1, batch: 16 },
  pictures: { folder: "pictures", included: false },
  leftOut: {},
  arms: [],
  refused: [],
  images: { file: ABLATION_IMAGES_NAME, rows: 1, sha256: "00" },
};

test("an ablation's manifest is read back as it was written", () =>
  inTemporaryFolder(async (folder) => {
    await writeAblationManifest(folder, FACTS);
    assert.deepEqual(await readAblationManifest(folder), { formatVersion: 1, tool: "imagenet-think", ...FACTS });
  }));

test("a folder that is no ablation, or one of a newer version, is one sentence", () =>
  inTemporaryFolder(async (folder) => {
    await assert.rejects(readAblationManifest(folder), { name: "UserError", message: /holds no ablation/ });
    for (const text of ["{", "null", "[]", '{"tool":"other"}']) {
      await writeFile(join(folder, ABLATION_NAME), text);
      await assert.rejects(readAblationManifest(folder), { name: "UserError", message: /holds no ablation/ }, text);
    }
    await writeFile(
      join(folder, ABLATION_NAME),
      JSON.stringify({ ...FACTS, tool: "imagenet-think", formatVersion: 9 }),
    );
    await assert.rejects(readAblationManifest(folder), { name: "UserError", message: /newer version/ });
  }));
