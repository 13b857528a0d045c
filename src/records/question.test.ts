import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf, keysOf } from "./question.js";

test("keys made for many pictures are the keys of their questions", () => {
  const same = {
    prompt: { text: 'Say "what" it is.\n', system: null, imageFirst: true },
    model: "m",
    revision: null,
    sampling: { temperature: 0.8, max_tokens: 8192, nested: { b: 1, a: [2, { d: 3, c: 4 }] } },
    sampleIndex: 0,
  };
  const keys = keysOf(same);
  for (const imageSha256 of ["0".repeat(64), "ab".repeat(32)]) {
    for (const preparation of ["as-is/1", "plain-jpeg/1/512", 'odd "name"']) {
      assert.equal(keys({ imageSha256, preparation }), keyOf({ ...same, imageSha256, preparation }));
    }
  }
});
