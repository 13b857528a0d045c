import assert from "node:assert/strict";
import { test } from "node:test";
import { adaptiveLimit, type ConcurrencyLimit, fixedLimit } from "./concurrency.js";

interface ServerOptions {
  /** Requests it works on at once; more wait in its queue. */
  readonly slots: number;
  /** Beyond this many in all it says it is busy. */
  readonly refusesBeyond?: number;
  /** Milliseconds of one reply, before chance. */
  readonly replyMs?: number;
  readonly countsTokens?: boolean;
}

/** Drives a limit against a made-up server for a number of replies; time is a number, nothing sleeps. */
function simulate(
  server: ServerOptions,
  replies: number,
  open: (now: () => number) => ConcurrencyLimit,
  work = Number.POSITIVE_INFINITY,
) {
  const { slots, refusesBeyond = Number.POSITIVE_INFINITY, replyMs = 10_000, countsTokens = true } = server;
  let now = 0;
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const limit = open(() => now);
  const working: { endsAt: number; startedAt: number; tokens: number }[] = [];
  const queue: number[] = [];
  const refused: { endsAt: number }[] = [];
  const limits: number[] = [];
  let inFlight = 0;
  let done = 0;
  let cuts = 0;
  const begin = (startedAt: number) => {
    const size = 0.4 + 1.2 * random();
    working.push({ startedAt, endsAt: now + replyMs * size, tokens: Math.round(1_500 * size) });
  };
  while (done < replies) {
    while (inFlight < Math.min(limit.limit, work)) {
      inFlight += 1;
      limit.started();
      if (working.length + queue.length >= refusesBeyond) refused.push({ endsAt: now + 5 });
      else if (working.length < slots) begin(now);
      else queue.push(now);
    }
    const before = limit.limit;
    refused.sort((a, b) => a.endsAt - b.endsAt);
    working.sort((a, b) => a.endsAt - b.endsAt);
    const [next] = working;
    const [turnedAway] = refused;
    if (turnedAway !== undefined && (next === undefined || turnedAway.endsAt <= next.endsAt)) {
      refused.shift();
      now = turnedAway.endsAt;
      limit.ended({ ok: false, busy: true, tokens: null, ms: 5 });
    } else if (next !== undefined) {
      working.shift();
      now = next.endsAt;
      done += 1;
      limit.ended({ ok: true, busy: false, tokens: countsTokens ? next.tokens : null, ms: now - next.startedAt });
      const waiting = queue.shift();
      if (waiting !== undefined) begin(waiting);
    }
    inFlight -= 1;
    if (limit.limit < before) cuts += 1;
    limits.push(limit.limit);
  }
  return { limits, last: limits.at(-1) ?? 0, cuts };
}

const tail = (limits: readonly number[]) => limits.slice(-Math.ceil(limits.length / 3));
const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

test("a fixed limit stays what it is", () => {
  const limit = fixedLimit(3);
  limit.started();
  limit.ended({ ok: false, busy: true, tokens: null, ms: 1 });
  assert.equal(limit.limit, 3);
});

test("it climbs to where a server's throughput stops rising, and stays about there", () => {
  for (const slots of [16, 64]) {
    for (const countsTokens of [true, false]) {
      const { limits } = simulate({ slots, countsTokens }, slots * 200, (now) => adaptiveLimit({ now }));
      const settled = mean(tail(limits));
      assert.ok(settled >= 0.7 * slots && settled <= 2 * slots, `${slots} slots: settled at ${settled}`);
    }
  }
});

test("it starts small, never falls below one or rises above its cap", () => {
  const { limits } = simulate({ slots: 10_000, replyMs: 100 }, 40_000, (now) => adaptiveLimit({ now, cap: 100 }));
  assert.equal(limits[0], 4);
  assert.ok(Math.max(...limits) <= 100);
  assert.ok(mean(tail(limits)) > 60);
  const never = adaptiveLimit({ now: () => 0 });
  for (let at = 0; at < 100; at += 1) {
    never.started();
    never.ended({ ok: false, busy: true, tokens: null, ms: 1 });
  }
  assert.equal(never.limit, 1);
});

test("a burst of refusals cuts it once", () => {
  const limit = adaptiveLimit({ now: () => 0, start: 20 });
  for (let at = 0; at < 20; at += 1) limit.started();
  for (let at = 0; at < 20; at += 1) limit.ended({ ok: false, busy: true, tokens: null, ms: 1 });
  assert.equal(limit.limit, 14);
  limit.started();
  limit.ended({ ok: false, busy: true, tokens: null, ms: 1 });
  assert.equal(limit.limit, 9);
});

test("a server that refuses beyond its queue is not driven far into refusals", () => {
  const { limits } = simulate({ slots: 8, refusesBeyond: 12 }, 3_000, (now) => adaptiveLimit({ now }));
  const settled = mean(tail(limits));
  assert.ok(settled >= 5 && settled <= 16, `settled at ${settled}`);
});

test("faults that are not refusals do not cut it", () => {
  const limit = adaptiveLimit({ now: () => 0, start: 8 });
  for (let at = 0; at < 50; at += 1) {
    limit.started();
    limit.ended({ ok: false, busy: false, tokens: null, ms: 1 });
  }
  assert.equal(limit.limit, 8);
});

test("it does not climb while the work does not fill it", () => {
  const { limits } = simulate({ slots: 1_000 }, 2_000, (now) => adaptiveLimit({ now }), 3);
  assert.equal(Math.max(...limits), 4);
});
