import assert from "node:assert/strict";
import { test } from "node:test";
import { isRecord } from "./error-body.js";
import { type FindPiece, learnShape } from "./piece-shape.js";

/** `{"delta": {"content": …}}`. */
const find: FindPiece = (json) => {
  const delta = isRecord(json) && isRecord(json.delta) ? json.delta : {};
  return typeof delta.content === "string" ? { field: "content", text: delta.content } : null;
};
const event = (text: string) => `{"id":"a","delta":{"content":${JSON.stringify(text)}},"finish_reason":null}`;

test("an event of a learned shape gives the text that JSON would give", () => {
  const shape = learnShape(event('a "quoted" \\ start\n'), "content", find);
  for (const text of ["plain", "", "né 鱼 🐟", 'with "quotes" and \\', "line\nbreak\u0001", "\ud800 alone", "}],"]) {
    assert.equal(shape?.textOf(event(text)), text);
  }
  assert.equal(shape?.textOf(event("x").replace("x", "\\u00e9\\/")), "é/");
});

test("what differs in more than the text, or is no JSON, is not of the shape", () => {
  const shape = learnShape(event("text"), "content", find);
  for (const other of [
    event("text").replace('"a"', '"b"'),
    event("text").replace("null", '"stop"'),
    event("text").replace("text", 'te","content":"xt'),
    event("text").replace("text", "te\nxt"),
    event("text").replace("text", "te\\xt"),
    event("text").replace("text", "te\\"),
    '{"id":"a","delta":{"content":"}',
    "",
  ]) {
    assert.equal(shape?.textOf(other), null, other);
  }
});

test("a shape is learned only where another text in the same place is read as that text", () => {
  assert.equal(learnShape('{"content":"here","delta":{"content":"there"}}', "content", find), null);
  assert.equal(learnShape('{"delta":{"content":"first","content":"second"}}', "content", find), null);
  assert.equal(learnShape('{"delta":{"c\\u006fntent":"hidden"}}', "content", find), null);
  assert.equal(learnShape('{"delta":{"content":null,"x":"y"}}', "content", find), null);
  assert.equal(learnShape("{", "content", find), null);
  assert.equal(learnShape('{"delta":{"content" : "spaced"}}', "content", find), null);
  assert.equal(
    learnShape('{"delta": {"content": "spaced"}}', "content", find)?.textOf('{"delta": {"content": "too"}}'),
    "too",
  );
});
