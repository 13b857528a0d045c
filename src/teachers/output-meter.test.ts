import assert from "node:assert/strict";
import { test } from "node:test";
import { openOutputMeter } from "./output-meter.js";

/** Streams of one pace, each a piece of 20 units every half second, some of them begun later; the rates of the windows. */
function ratesOf(begins: readonly number[], limit: number): readonly number[] {
  let at = 0;
  const meter = openOutputMeter(() => at);
  const requests = begins.map((begin) => ({ begin, request: meter.begin(), pieces: 0 }));
  const rates: number[] = [];
  for (; at < 12_000; at += 10) {
    const window = meter.look({ limit, load: null, isShared: false, isClimbing: false, lagMs: 0 });
    if (window !== null) rates.push(window.rate);
    for (const each of requests) {
      if (at === each.begin) each.request.progress(0);
      else if (at > each.begin && (at - each.begin) % 500 === 0) each.request.progress(20);
    }
  }
  return rates;
}

test("a window brings what was written in it, however its pieces fall", () => {
  const together = Array.from({ length: 16 }, () => 0);
  const apart = together.map((_, at) => at * 30);
  for (const begins of [together, apart]) {
    const rates = ratesOf(begins, begins.length).slice(1);
    assert.ok(rates.length > 3);
    // 16 streams of 40 units a second; counted by arrivals alone a window of 2 s is off by up to an eighth.
    for (const rate of rates) assert.ok(Math.abs(rate / 640 - 1) < 0.01, String(rate));
  }
});

test("streams that began together after others had are not taken for slower", () => {
  const begins = Array.from({ length: 24 }, (_, at) => (at < 16 ? at * 30 : 3_000));
  const rates = ratesOf(begins, begins.length);
  assert.ok(Math.abs((rates.at(-1) ?? 0) / 960 - 1) < 0.01, String(rates));
});

test("replies that come whole are counted when they end", () => {
  let at = 0;
  const meter = openOutputMeter(() => at);
  const state = { limit: 4, load: null, isShared: false, isClimbing: true, lagMs: 0 };
  for (let round = 0; round < 3; round++) {
    const requests = Array.from({ length: 4 }, () => meter.begin());
    meter.look(state);
    at += 2_000;
    for (const request of requests) request.end({ units: 100, ms: 2_000 });
    const window = meter.look(state);
    if (round > 0) assert.deepEqual([window?.rate, window?.isStreamed], [200, false]);
  }
});
