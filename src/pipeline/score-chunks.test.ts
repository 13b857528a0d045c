import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { noNeuralChoice } from "../scoring/index.js";
import { openChunk } from "./score-chunks.js";

const folder = await mkdtemp(join(tmpdir(), "imagenet-think-chunks-"));
after(() => rm(folder, { recursive: true, force: true }));

test("a place that takes no pairs is one sentence for a person", async () => {
  const chunk = openChunk(join(folder, "gone"), "thinking");
  await chunk.add({ comparison: 0, position: 0 }, "a cat", "a cat");
  const choice = { options: { stem: false, tfidfScope: null }, neural: noNeuralChoice, threads: 1 };
  const hooks = { jobPairs: 1, say: () => {}, signal: new AbortController().signal, onPairs: () => {} };
  await assert.rejects(chunk.score(["jaccard"], choice, hooks), {
    name: "UserError",
    message: /thinking\.jsonl cannot be written \(ENOENT\); the same line goes on where it stopped$/,
  });
});
