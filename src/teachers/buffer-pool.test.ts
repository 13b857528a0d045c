import assert from "node:assert/strict";
import { test } from "node:test";
import { openBufferPool } from "./buffer-pool.js";

test("what was given back is taken again where it is large enough, at the length that is asked for", () => {
  const pool = openBufferPool();
  const first = pool.take(100_000);
  assert.equal(first.length, 100_000);
  assert.notEqual(pool.take(100_000).buffer, first.buffer);
  pool.give(first);
  const second = pool.take(90_000);
  assert.equal(second.length, 90_000);
  assert.equal(second.buffer, first.buffer);
  pool.give(second);
  assert.notEqual(pool.take(1_000_000).buffer, first.buffer);
});

test("a buffer that shares its memory with others is not taken in", () => {
  const pool = openBufferPool();
  const small = Buffer.from("a small text lies in memory that others use too");
  pool.give(small);
  assert.notEqual(pool.take(1).buffer, small.buffer);
});
