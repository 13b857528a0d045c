import assert from "node:assert/strict";
import { test } from "node:test";
import { levelWanted, shareOut } from "./share-out.js";

/** A small generator of whole numbers, so that a failing case comes back. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test("250,000 over 10,450 full classes is 9,650 times 24 and 800 times 23", () => {
  const shares = shareOut(250_000, new Array<number>(10_450).fill(1300));
  assert.equal(shares.filter((share) => share === 24).length, 9650);
  assert.equal(shares.filter((share) => share === 23).length, 800);
  assert.equal(sum(shares), 250_000);
  assert.deepEqual(shares.slice(0, 9650), new Array<number>(9650).fill(24), "odd pictures go to the first classes");
});

test("classes that are too small give all they have, and the rest is spread evenly", () => {
  assert.deepEqual(shareOut(100, [3, 1000, 1000, 50, 0]), [3, 33, 32, 32, 0]);
  assert.deepEqual(shareOut(10, [2, 3, 4, 5]), [2, 3, 3, 2]);
});

test("edges: one class, no class, size 0, a size beyond the catalog, fewer pictures than classes", () => {
  assert.deepEqual(shareOut(5, [9]), [5]);
  assert.deepEqual(shareOut(5, []), []);
  assert.deepEqual(shareOut(0, [3, 4]), [0, 0]);
  assert.deepEqual(shareOut(99, [3, 0, 4]), [3, 0, 4]);
  assert.deepEqual(shareOut(2, [0, 5, 5, 5]), [0, 1, 1, 0]);
});

test("a shrinking capacity lowers nobody else's share, and none at all while it stays at or above its own", () => {
  const next = numbers(7);
  for (let round = 0; round < 3000; round++) {
    const capacities = Array.from({ length: 1 + next(8) }, () => next(12));
    const size = next(60);
    const shares = shareOut(size, capacities);
    assert.equal(sum(shares), Math.min(size, sum(capacities)));
    const shrunk = next(capacities.length);
    const smaller = capacities.with(shrunk, next((capacities[shrunk] ?? 0) + 1));
    const after = shareOut(size, smaller);
    for (const [index, share] of after.entries()) {
      if (index !== shrunk) assert.ok(share >= (shares[index] ?? 0), JSON.stringify({ size, capacities, smaller }));
    }
    if ((smaller[shrunk] ?? 0) >= (shares[shrunk] ?? 0)) assert.deepEqual(after, shares);
  }
});

test("the level wanted is the share a class would have had with pictures enough, odd pictures aside", () => {
  const next = numbers(11);
  for (let round = 0; round < 1000; round++) {
    const capacities = Array.from({ length: 1 + next(8) }, () => next(12));
    const size = next(60);
    const wanted = levelWanted(size, capacities);
    for (const [index, capacity] of capacities.entries()) {
      // Last in line, a class gets no odd picture but the ones everybody gets.
      const others = capacities.toSpliced(index, 1);
      const least = shareOut(size, [...others, size]).at(-1) ?? 0;
      const hypothetical = wanted(capacity);
      assert.equal(hypothetical, least, JSON.stringify({ size, capacities, index }));
    }
  }
});
