import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openTokenCounter } from "./token-counter.js";

/** A tokenizer that knows three words, cuts at two tokens and adds a special token, as files made for training do. */
const WORDS = {
  version: "1.0",
  truncation: { direction: "Right", max_length: 2, strategy: "LongestFirst", stride: 0 },
  padding: {
    strategy: { Fixed: 9 },
    direction: "Right",
    pad_to_multiple_of: null,
    pad_id: 0,
    pad_type_id: 0,
    pad_token: "[PAD]",
  },
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: null,
  decoder: null,
  model: { type: "WordLevel", vocab: { "[PAD]": 0, a: 1, tabby: 2, cat: 3 }, unk_token: "[PAD]" },
};

test("a tokenizer file counts whole texts, whatever cut or padding stands in it, and is named with its hash", async () => {
  const folder = await mkdtemp(join(tmpdir(), "token-counter-"));
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(WORDS));
  for (const path of [folder, join(folder, "tokenizer.json")]) {
    const counter = await openTokenCounter(path);
    assert.deepEqual(await counter.count(["a tabby cat", "", "a a a a a a"]), [3, 0, 6]);
    assert.deepEqual(await counter.count([]), []);
    assert.match(counter.name, /^token-counter-\w+\/tokenizer\.json, sha256 [0-9a-f]{12}$/);
    assert.equal(counter.exact, true);
  }
  await rm(folder, { recursive: true });
});

test("without one, words, digits and signs are counted and the name says that it is an estimate", async () => {
  const counter = await openTokenCounter(null);
  assert.match(counter.name, /^estimate/);
  assert.equal(counter.exact, false);
  const texts = ["", "A tabby cat.", "2,048 pixels", "extraordinarily", "虎斑猫", "Küche — naïve"];
  assert.deepEqual(await counter.count(texts), [0, 4, 4, 2, 3, 3]);
});

test("the estimate takes time in proportion to the text", async () => {
  const counter = await openTokenCounter(null);
  const started = process.cpuUsage();
  await counter.count(["word ".repeat(400_000), "x".repeat(2_000_000)]);
  assert.ok(process.cpuUsage(started).user < 1_500_000);
});
