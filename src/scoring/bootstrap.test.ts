import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrapIntervals } from "./bootstrap.js";
import { createMersenneTwister, nextUint32 } from "./mersenne-twister.js";

test("the generator is numpy's after seed(42)", () => {
  // numpy 2.4.6: numpy.random.seed(42); numpy.random.randint(0, 2**32, 4, dtype="uint32")
  const twister = createMersenneTwister(42);
  const drawn = Array.from({ length: 4 }, () => nextUint32(twister));
  assert.deepEqual(drawn, [1608637542, 3421126067, 4083286876, 787846414]);
});

test("one number a pair is averaged as numpy averages a single column", () => {
  // numpy 2.4.6 and rouge_score 0.1.2: BootstrapAggregator over a one-field namedtuple of ((k * k) % 1009) / 1009, k from 0 to 999
  const column = Float64Array.from({ length: 1000 }, (_, k) => ((k * k) % 1009) / 1009);
  const [intervals] = bootstrapIntervals([[column]], { seed: 7 });
  assert.deepEqual(intervals, [{ low: 0.4851039147670962, mid: 0.5037006937561943, high: 0.5217072348860259 }]);
});

test("ten thousand rows of three numbers are averaged as numpy averages a table", () => {
  // numpy 2.4.6: BootstrapAggregator's steps after numpy.random.seed(7), 200 resamples of ((a·k^p) % m) / m, k from 0 to 9,999
  const column = (rowAt: (k: number) => number) => Float64Array.from({ length: 10_000 }, (_, k) => rowAt(k));
  const columns = [
    column((k) => ((k * k) % 1009) / 1009),
    column((k) => ((k * 7) % 997) / 997),
    column((k) => ((k * k * 3) % 991) / 991),
  ];
  const [intervals] = bootstrapIntervals([columns], { seed: 7, resamples: 200 });
  assert.deepEqual(intervals, [
    { low: 0.49479119425173446, mid: 0.4998687809712584, high: 0.5057295862239837 },
    { low: 0.4934127858575727, mid: 0.4985453861584748, high: 0.5041406369107332 },
    { low: 0.5110065035317896, mid: 0.5165946518668009, high: 0.5217441220988901 },
  ]);
});

test("a metric without scores has no interval and draws nothing", () => {
  const column = Float64Array.of(0.25, 0.5, 0.75);
  const [, after] = bootstrapIntervals([[new Float64Array(0)], [column]], { seed: 1 });
  assert.deepEqual([null, after], bootstrapIntervals([[new Float64Array(0)], [column]], { seed: 1 }));
  assert.deepEqual(after, bootstrapIntervals([[column]], { seed: 1 })[0]);
});
