import assert from "node:assert/strict";
import { test } from "node:test";
import { openRateTable } from "./rate-table.js";

test("of limits that do nearly the same the smallest is best", () => {
  const table = openRateTable();
  assert.equal(table.best(), null);
  for (const [limit, rate] of [
    [20, 900],
    [30, 996],
    [40, 1_000],
    [60, 1_004],
  ] as const)
    table.note(limit, rate);
  assert.equal(table.best(), 30);
});

test("where measurements wander, a smaller limit is doubted the less the more often it fell short", () => {
  const table = openRateTable();
  for (const rate of [1_000, 1_080, 940, 1_050, 960, 1_000]) table.note(40, rate);
  table.note(30, 993);
  assert.equal(table.best(), 30, "one window that is 1.2 % short may be chance");
  for (let window = 0; window < 5; window++) table.note(30, 993);
  assert.equal(table.best(), 40, "six are not");
});

test("what was not measured for long, and what was too much, is forgotten", () => {
  const table = openRateTable();
  table.note(50, 1_000);
  for (let window = 0; window <= 40; window++) table.grow();
  assert.equal(table.best(), null);
  for (const limit of [10, 20, 30]) table.note(limit, 10 * limit);
  table.forgetFrom(20);
  assert.deepEqual([table.at(10)?.rate, table.at(20), table.at(30)], [100, null, null]);
});
