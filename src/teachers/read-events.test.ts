import assert from "node:assert/strict";
import { test } from "node:test";
import { cutEvery } from "../testing/index.js";
import { EventReader, OversizeEventError } from "./read-events.js";

function readAll(chunks: Iterable<Uint8Array | string>, maxBytes?: number): string[] {
  const events: string[] = [];
  const reader = new EventReader({ event: (data) => events.push(data) }, maxBytes);
  for (const chunk of chunks) reader.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  reader.end();
  return events;
}

const STREAM = [
  "\ufeff: hello\n\n",
  'data: {"a":"猫 🐟 — ü"}\n\n',
  "event: x\r\nid: 4\r\nretry: 10\r\ndata:no space\r\n\r\n",
  "data: one\rdata:  two\r\r",
  ": keep-alive\n\n",
  "data\n\n",
  "datum: not this\ndatabase: nor this\n\n",
  "data: last without a blank line",
].join("");
const EVENTS = ['{"a":"猫 🐟 — ü"}', "no space", "one\n two", "", "last without a blank line"];

test("events read the same however their bytes are cut", () => {
  assert.deepEqual(readAll([STREAM]), EVENTS);
  for (let size = 1; size <= 40; size += 1)
    assert.deepEqual(readAll(cutEvery(STREAM, size)), EVENTS, `pieces of ${size}`);
});

test("all three line ends mean the same, also with a cut between CR and LF", () => {
  for (const end of ["\n", "\r", "\r\n"]) {
    const stream = `data: a${end}data: b${end}${end}data: c${end}${end}`;
    for (let size = 1; size < stream.length; size += 1)
      assert.deepEqual(readAll(cutEvery(stream, size)), ["a\nb", "c"]);
  }
});

test("a byte order mark counts only at the very start", () => {
  assert.deepEqual(readAll(["\ufeffdata: a\n\n\ufeffdata: b\n\n"]), ["a"]);
});

test("bytes that are no UTF-8 become replacement characters and spoil nothing else", () => {
  assert.deepEqual(readAll([Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x61, 10, 10]), "data: b\n\n"]), [
    "\ufffda",
    "b",
  ]);
});

test("a line of megabytes in tiny pieces takes linear time and stays whole", () => {
  const long = "x".repeat(2_000_000);
  const startedAt = performance.now();
  const [event] = readAll(cutEvery(`data: ${long}\n\n`, 7));
  assert.equal(event, long);
  assert.ok(performance.now() - startedAt < 3_000);
});

test("an event beyond the bound is refused, as one line or as many", () => {
  assert.throws(() => readAll(cutEvery(`data: ${"x".repeat(2_000)}`, 100), 1_000), OversizeEventError);
  assert.throws(() => readAll([`data: ${"x".repeat(90)}\n`.repeat(20)], 1_000), OversizeEventError);
  assert.equal(readAll([`data: ${"x".repeat(90)}\n\n`.repeat(200)], 1_000).length, 200);
});

test("a megabyte of nothing but line ends is read in linear time", () => {
  const startedAt = performance.now();
  for (const end of ["\n", "\r", "\r\n", "\n\r"]) assert.deepEqual(readAll([end.repeat(500_000)]), []);
  assert.ok(performance.now() - startedAt < 2_000);
});
