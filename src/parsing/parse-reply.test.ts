import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { DialectName, ParsedReply } from "../records/index.js";
import { dialectNamed, parseReply, type ReplyText, readOutcome } from "./index.js";

interface Case extends ReplyText {
  readonly name: string;
  readonly dialect: DialectName;
  readonly expect: ParsedReply;
}

const cases = readFileSync(new URL("../../src/parsing/fixtures/cases.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

for (const { name, dialect, expect, ...reply } of cases) {
  test(name, () => assert.deepEqual(parseReply(reply, dialect), expect));
}

test("the outcome that is read alone is the one of the whole reading", () => {
  for (const { dialect, expect, name, ...reply } of cases) {
    assert.deepEqual(readOutcome(reply, dialect), { outcome: expect.outcome, reason: expect.reason }, name);
  }
});

test("every case has a name of its own", () => {
  assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
});

test("a dialect is taken by name or as a record", () => {
  const reply = { content: "<think>x</think>y", finishReason: "stop" };
  assert.deepEqual(parseReply(reply, dialectNamed("kimi")), parseReply(reply, "kimi"));
});

test("fields that are left out are read as absent", () => {
  assert.equal(parseReply({ finishReason: "stop" }, "plain").reason, "empty");
  assert.equal(parseReply({ content: "x" }, "plain").reason, "incomplete");
});

test("reading does not change the reply or a later reading", () => {
  const reply = Object.freeze({ content: "<think>x</think><answer>y", reasoning: null, finishReason: "stop" });
  assert.deepEqual(parseReply(reply, "glm"), parseReply(reply, "glm"));
});
