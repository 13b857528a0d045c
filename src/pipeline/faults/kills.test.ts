import assert from "node:assert/strict";
import { test } from "node:test";
import { killBySeed } from "./kill-by-seed.js";

/** `scripts/kill-drill.js` does the same for as many seeds as one likes. */
const SEEDS = [1, 2, 3, 4];

test("C1, C5: killed at moments drawn from seeds, a run passes its dead writers by and ends with the records of a calm one", async () => {
  const { kills, runs, passedBy } = await killBySeed(SEEDS);
  assert.ok(kills >= 2, `${kills} starts were killed`);
  assert.ok(runs >= 1);
  assert.ok(passedBy >= 1);
});
