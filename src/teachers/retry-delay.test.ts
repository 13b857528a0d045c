import assert from "node:assert/strict";
import { test } from "node:test";
import { readRetryAfterMs } from "./retry-after.js";
import { retryDelayMs } from "./retry-delay.js";

test("waits double up to a cap, each between half and the whole", () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((retry) => retryDelayMs(retry, { random: () => 0.999999 }));
  assert.deepEqual(longest, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  assert.equal(retryDelayMs(3, { random: () => 0 }), 2_000);
});

test("what the server asks for is kept, spread a little, never undercut, and not believed beyond a cap", () => {
  assert.equal(retryDelayMs(1, { random: () => 0, retryAfterMs: 20_000 }), 20_000);
  assert.equal(retryDelayMs(9, { random: () => 0.5, retryAfterMs: 20_000 }), 21_000);
  assert.equal(retryDelayMs(1, { random: () => 0, retryAfterMs: 1e15 }), 300_000);
  assert.equal(retryDelayMs(1, { random: () => 0, retryAfterMs: 1e15, retryAfterCapMs: 5_000 }), 5_000);
  assert.equal(retryDelayMs(1, { random: () => 0, retryAfterMs: 0 }), 500);
});

test("Retry-After is read as seconds, as a date and as milliseconds; anything else is not a wish", () => {
  const now = Date.parse("2026-11-22T22:00:00Z");
  const read = (value: string) => readRetryAfterMs({ "retry-after": value }, now);
  assert.equal(read("7"), 7_000);
  assert.equal(read("0"), 0);
  assert.equal(read("1.5"), 1_500);
  assert.equal(read("Sun, 22 Nov 2026 22:00:30 GMT"), 30_000);
  assert.equal(read("Sun, 22 Nov 2026 21:00:00 GMT"), 0);
  assert.equal(read("999999999999999999999999"), Number.MAX_SAFE_INTEGER);
  for (const odd of ["", "-5", "soon", "NaN", "1e9x"]) assert.equal(read(odd), null, odd);
  assert.equal(readRetryAfterMs({ "retry-after": "9", "retry-after-ms": "250" }, now), 250);
  assert.equal(readRetryAfterMs({}, now), null);
});
