import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../testing/index.js";
import { type KneeSearch, openKneeSearch } from "./knee-search.js";

/** Lets the search go on for some windows against what a server would put out; gives the limits it chose. */
function walk(search: KneeSearch, from: number, windows: number, rateAt: (limit: number) => number): number[] {
  const limits = [from];
  for (let at = 0; at < windows; at += 1) {
    const limit = limits.at(-1) ?? from;
    limits.push(search.next({ limit, rate: rateAt(limit), isStreamed: true, mayGrow: true, crowd: null }));
  }
  return limits.slice(1);
}

const slots = (count: number) => (limit: number) => Math.min(limit, count);
const degrading = (peak: number) => (limit: number) => (limit <= peak ? limit : peak / (limit / peak));
const last = (limits: readonly number[]) => limits.at(-1) ?? 0;
const middle = (limits: readonly number[]) => limits.toSorted((a, b) => a - b)[limits.length >> 1] ?? 0;

test("from cold it is at the knee within twenty windows, and then seldom leaves it", () => {
  for (const server of [slots(60), degrading(60)]) {
    const search = openKneeSearch(512);
    const climbed = walk(search, 8, 20, server);
    assert.ok(Math.max(...climbed) <= 110, `${climbed}`);
    const settled = walk(search, last(climbed), 100, server);
    assert.ok(Math.abs(middle(settled) - 60) <= 3, `${settled}`);
    assert.ok(settled.filter((limit) => Math.abs(limit - 60) > 10).length <= 5, `${settled}`);
  }
});

test("neither a first window that shows too much nor a low one behind it ends the climb", () => {
  const search = openKneeSearch(512);
  const chance = [1.6, 1, 1, 0.7];
  const climbed = walk(search, 8, 25, (limit) => slots(200)(limit) * (chance.shift() ?? 1));
  assert.ok(last(climbed) > 150, `${climbed}`);
});

test("on a server that became slower it goes down first, on one that became faster up", () => {
  const slower = openKneeSearch(512);
  const before = last(walk(slower, 8, 60, slots(100)));
  const down = walk(slower, before, 40, degrading(20));
  assert.ok(Math.max(...down) <= before * 1.2, `${down}`);
  assert.ok(Math.abs(middle(down.slice(-20)) - 20) <= 2, `${down}`);
  const up = walk(slower, last(down), 60, (limit) => 3 * slots(150)(limit));
  assert.ok(Math.abs(middle(up.slice(-20)) - 150) <= 8, `${up}`);
});

test("a knee that moved away without a change in output is found by a wide step", () => {
  const search = openKneeSearch(512);
  const at = last(walk(search, 8, 60, (limit) => 100 * (1 - Math.exp(-limit / 15))));
  // The same output at this limit, and more to be had above it.
  const rate = 100 * (1 - Math.exp(-at / 15));
  const later = walk(search, at, 300, (limit) => rate * (limit / at) ** 0.3);
  assert.ok(last(later) > 2 * at, `${at} to ${last(later)}`);
});

test("what was too much is not tried again for a while", () => {
  const search = openKneeSearch(512);
  const at = last(walk(search, 8, 40, slots(60)));
  search.wasTooMuch(at, "cut");
  assert.equal(search.why, "cut");
  const after = walk(search, Math.round(at * 0.7), 29, slots(200));
  assert.ok(Math.max(...after) < at, `${after}`);
  assert.ok(Math.max(...walk(search, last(after), 60, slots(200))) > 1.5 * at);
});

test("clients of one server become alike: all go up by the same number and down by the same share", () => {
  const searches = [openKneeSearch(512), openKneeSearch(512), openKneeSearch(512)];
  let limits = [90, 30, 4];
  for (const [at, search] of searches.entries()) search.wasTooMuch((limits[at] ?? 0) + 1, "made to stop climbing");
  const random = seeded(1);
  for (let round = 0; round < 400; round += 1) {
    // Clients do not measure in step.
    const at = Math.floor(3 * random());
    const crowd = limits.reduce((sum, limit) => sum + limit, 0);
    const rate = 100 * (1 - Math.exp(-crowd / 40));
    const next = searches[at]?.next({ limit: limits[at] ?? 0, rate, isStreamed: true, mayGrow: true, crowd }) ?? 0;
    limits = limits.with(at, next);
  }
  assert.ok(Math.min(...limits) / Math.max(...limits) > 0.4, `${limits}`);
});
