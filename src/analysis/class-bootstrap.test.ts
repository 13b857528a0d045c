import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrapClasses, type ClusterSums } from "./class-bootstrap.js";

const OPTIONS = { seed: 1, resamples: 4000, confidence: 0.95 };

function sums(clusters: readonly (readonly number[])[]): ClusterSums {
  return {
    sums: Float64Array.from(clusters, (cells) => cells.reduce((sum, value) => sum + value, 0)),
    counts: Float64Array.from(clusters, (cells) => cells.length),
  };
}

test("cells that are all 1 have mean 1 and the interval [1, 1]", () => {
  const [estimate] = bootstrapClasses([sums([[1, 1], [1], [1, 1, 1]])], OPTIONS);
  assert.deepEqual(estimate, { n: 6, mean: 1, low: 1, high: 1 });
});

test("no cell has no mean, and one cluster has no interval", () => {
  const [none, one] = bootstrapClasses([sums([[], []]), sums([[0.25, 0.75], []])], OPTIONS);
  assert.deepEqual(none, { n: 0, mean: null, low: null, high: null });
  assert.deepEqual(one, { n: 2, mean: 0.5, low: null, high: null });
});

test("two clusters of one cell: a quarter of the resamples is all the one, a quarter all the other", () => {
  // Means 0, 0.5 and 1 with chances 1/4, 1/2, 1/4, so that both 2.5 % tails end in the extremes.
  const [estimate] = bootstrapClasses([sums([[0], [1]])], OPTIONS);
  assert.deepEqual(estimate, { n: 2, mean: 0.5, low: 0, high: 1 });
  const [narrow] = bootstrapClasses([sums([[0], [1]])], { ...OPTIONS, confidence: 0.4 });
  assert.deepEqual(narrow, { n: 2, mean: 0.5, low: 0.5, high: 0.5 });
});

test("the interval follows the normal one where clusters are many and alike", () => {
  // 400 clusters of one cell, half 0 and half 1: the standard error is 0.5 / sqrt(400) = 0.025.
  const [estimate] = bootstrapClasses([sums(Array.from({ length: 400 }, (_, at) => [at % 2]))], OPTIONS);
  assert.ok(estimate !== undefined && estimate.low !== null && estimate.high !== null);
  assert.ok(Math.abs(estimate.low - (0.5 - 1.96 * 0.025)) < 0.004, String(estimate.low));
  assert.ok(Math.abs(estimate.high - (0.5 + 1.96 * 0.025)) < 0.004, String(estimate.high));
});

test("pictures that are alike within a class widen the interval by the root of their number", () => {
  const width = (clusters: readonly (readonly number[])[]) => {
    const [estimate] = bootstrapClasses([sums(clusters)], OPTIONS);
    return (estimate?.high ?? 0) - (estimate?.low ?? 0);
  };
  const alike = width(Array.from({ length: 50 }, (_, at) => Array.from({ length: 9 }, () => at % 2)));
  const free = width(Array.from({ length: 450 }, (_, at) => [at % 2]));
  assert.ok(Math.abs(alike / free - 3) < 0.35, String(alike / free));
});

test("one seed gives one interval, and all numbers see the same draws", () => {
  const clusters = Array.from({ length: 40 }, (_, at) => [Math.sin(at), Math.cos(at)]);
  const shifted = clusters.map((cells) => cells.map((value) => value + 0.25));
  const difference = clusters.map((cells) => cells.map(() => 0.25));
  const run = () => bootstrapClasses([sums(clusters), sums(shifted), sums(difference)], OPTIONS);
  const [a, b, gap] = run();
  assert.deepEqual(run(), [a, b, gap]);
  assert.ok(Math.abs((b?.low ?? 0) - (a?.low ?? 0) - 0.25) < 1e-12);
  assert.ok(Math.abs((gap?.low ?? 0) - 0.25) < 1e-12 && Math.abs((gap?.high ?? 0) - 0.25) < 1e-12);
  const other = bootstrapClasses([sums(clusters)], { ...OPTIONS, seed: 2 });
  assert.notEqual(other[0]?.low, a?.low);
});
