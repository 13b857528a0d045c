import assert from "node:assert/strict";
import { test } from "node:test";
import { createArena } from "./arena.js";
import { denseLcsLength, denseMasks, findPlaces, lcsLength } from "./lcs.js";

/** Plain dynamic programming. */
function lcsByTable(a: Int32Array, b: Int32Array): number {
  let row = new Int32Array(b.length + 1);
  for (const token of a) {
    const next = new Int32Array(b.length + 1);
    for (let j = 1; j <= b.length; j++) {
      next[j] = b[j - 1] === token ? (row[j - 1] as number) + 1 : Math.max(row[j] as number, next[j - 1] as number);
    }
    row = next;
  }
  return row[b.length] as number;
}

/** The same numbers in every run. */
function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const LENGTHS = [0, 1, 29, 30, 31, 59, 60, 61, 119, 120, 121, 150, 400];

test("bit-parallel common subsequences equal those of the table, whatever the lengths and alphabets", () => {
  const dice = createDice(7);
  for (const alphabet of [1, 2, 5, 40, 500]) {
    for (const length of LENGTHS) {
      for (const other of [length, 1 + dice(400)]) {
        // Token 0 stands for what the first text has not.
        const a = Int32Array.from({ length }, () => 1 + dice(alphabet));
        const b = Int32Array.from({ length: other }, () => dice(alphabet + 1));
        const places = findPlaces(a, alphabet, createArena());
        const expected = lcsByTable(a, b);
        assert.equal(lcsLength(places, b), expected, `${alphabet} ${length} ${other}`);
        const dense = denseMasks(places, createArena());
        if (dense !== null) assert.equal(denseLcsLength(alphabet, dense, b, createArena()), expected);
      }
    }
  }
});

test("a carry runs through a text of equal tokens longer than the dense form takes", () => {
  const a = new Int32Array(5_000).fill(1);
  const places = findPlaces(a, 1, createArena());
  assert.equal(denseMasks(places, createArena()), null);
  assert.equal(lcsLength(places, new Int32Array(4_321).fill(1)), 4_321);
});
