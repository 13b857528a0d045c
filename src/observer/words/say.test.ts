import assert from "node:assert/strict";
import { test } from "node:test";
import { createSay } from "./say.js";

const WORDS = ["one", "two", "three", "four"];

test("the same seed says the same, and another step draws for itself", () => {
  const one = createSay(7);
  const again = createSay(7);
  const first = Array.from({ length: 8 }, () => one.step("light")(...WORDS));
  again.step("colours")(...WORDS);
  assert.deepEqual(
    Array.from({ length: 8 }, () => again.step("light")(...WORDS)),
    first,
  );
});

test("every wording comes up over many seeds, about equally often", () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 4000; seed++) {
    const word = createSay(seed).step("light")(...WORDS);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  for (const word of WORDS) assert.ok(Math.abs((counts.get(word) ?? 0) - 1000) < 150, `${word}: ${counts.get(word)}`);
});

test("an order holds every item once and differs between seeds", () => {
  const orders = new Set(Array.from({ length: 50 }, (_, seed) => createSay(seed).order("looks", WORDS).join()));
  assert.ok(orders.size > 10);
  for (const order of orders) assert.deepEqual(order.split(",").sort(), [...WORDS].sort());
});
