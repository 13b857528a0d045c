import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { declinesTask } from "./index.js";

const lines = readFileSync(new URL("../../src/parsing/fixtures/declined.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");

for (const line of lines) {
  const { answer, declined } = JSON.parse(line) as { answer: string; declined: boolean };
  test(`${declined ? "declines" : "answers"}: ${JSON.stringify(answer.slice(0, 80))}`, () => {
    assert.equal(declinesTask(answer), declined);
  });
}

test("an answer of 300 characters is an answer, whatever it says", () => {
  const declining = "I'm sorry, but I can't help with that.";
  assert.equal(declinesTask(declining.padEnd(299, "!")), true);
  assert.equal(declinesTask(declining.padEnd(300, "!")), false);
  // Characters, not UTF-16 units.
  assert.equal(declinesTask(`${declining} Please 🙂${"🙂".repeat(200)}`), true);
});
