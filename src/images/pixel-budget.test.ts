import assert from "node:assert/strict";
import { test } from "node:test";
import { openPixelBudget } from "./pixel-budget.js";

test("work within the limit runs side by side, more waits its turn, and giving back twice counts once", async () => {
  const budget = openPixelBudget(10);
  const order: string[] = [];
  const first = await budget.take(6);
  const second = await budget.take(4);
  const third = budget.take(5).then((give) => {
    order.push("third");
    return give;
  });
  const fourth = budget.take(1).then((give) => {
    order.push("fourth");
    return give;
  });
  second();
  second();
  await Promise.resolve();
  assert.deepEqual(order, [], "the small one does not overtake the one that waits for room");
  first();
  (await third)();
  (await fourth)();
  assert.deepEqual(order, ["third", "fourth"]);
});

test("what is larger than the limit goes alone", async () => {
  const budget = openPixelBudget(10);
  const giant = await budget.take(1e9);
  let admitted = false;
  const small = budget.take(1).then((give) => {
    admitted = true;
    return give;
  });
  await new Promise(setImmediate);
  assert.equal(admitted, false);
  giant();
  (await small)();
  assert.equal(admitted, true);
});
