import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { base64Length, encodeBase64 } from "./encode-base64.js";

test("bytes of any length become the base64 text that Node writes, alone or in a larger buffer", () => {
  for (const length of [0, 1, 2, 3, 12_287, 12_288, 12_289, 100_001]) {
    const bytes = randomBytes(length);
    const text = bytes.toString("base64");
    assert.equal(encodeBase64(bytes).toString("latin1"), text);
    assert.equal(base64Length(length), text.length);
    const larger = Buffer.alloc(text.length + 10, "x");
    assert.equal(encodeBase64(bytes, larger).toString("latin1"), text);
    assert.equal(larger.toString("latin1", text.length), "x".repeat(10));
  }
});
