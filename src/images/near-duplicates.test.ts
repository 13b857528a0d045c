import assert from "node:assert/strict";
import { test } from "node:test";
import { groupNearDuplicates, MAX_DISTANCE } from "./near-duplicates.js";

/** A small generator of whole numbers below 2^32 (xorshift), so that every run tries the same hashes. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const hex = (hash: bigint) => hash.toString(16).padStart(16, "0");

function flip(hash: bigint, bits: number, next: () => number): bigint {
  const places = new Set<number>();
  while (places.size < bits) places.add(next() % 64);
  return [...places].reduce((flipped, place) => flipped ^ (1n << BigInt(place)), hash);
}

function bruteForce(hashes: readonly string[]): number[] {
  const values = hashes.map((hash) => BigInt(`0x${hash}`));
  const groups = hashes.map((_, place) => place);
  for (const [place, value] of values.entries()) {
    for (let other = 0; other < place; other++) {
      const differing = (value ^ (values[other] ?? 0n)).toString(2).replaceAll("0", "").length;
      const [a = 0, b = 0] = [groups[place], groups[other]];
      if (differing > MAX_DISTANCE || a === b) continue;
      for (const [at, group] of groups.entries()) if (group === Math.max(a, b)) groups[at] = Math.min(a, b);
    }
  }
  return groups;
}

test("the groups are those that comparing every pair finds", () => {
  const next = numbers(7);
  const hashes: bigint[] = [];
  for (let family = 0; family < 60; family++) {
    const start = (BigInt(next()) << 32n) | BigInt(next());
    hashes.push(start, start);
    // Chains whose links are nearly, just, and no longer near enough.
    let last = start;
    for (let link = 0; link < 8; link++) {
      last = flip(last, 2 + (next() % 5), next);
      hashes.push(last);
    }
  }
  const shuffled = hashes.map((hash) => ({ hash, key: next() })).sort((a, b) => a.key - b.key);
  const texts = shuffled.map(({ hash }) => hex(hash));
  const wanted = bruteForce(texts);
  assert.ok(new Set(wanted).size > 60 && new Set(wanted).size < texts.length);
  assert.deepEqual(groupNearDuplicates(texts), wanted);
});

test("four bits apart is together, five is not, wherever the bits lie", () => {
  const next = numbers(3);
  for (let round = 0; round < 200; round++) {
    const hash = (BigInt(next()) << 32n) | BigInt(next());
    assert.deepEqual(groupNearDuplicates([hex(hash), hex(flip(hash, 4, next))]), [0, 0]);
    assert.deepEqual(groupNearDuplicates([hex(hash), hex(flip(hash, 5, next))]), [0, 1]);
  }
});

test("a picture between two brings them together", () => {
  assert.deepEqual(groupNearDuplicates(["0000000000000000", "00000000000000ff", "000000000000000f"]), [0, 0, 0]);
});

test("nothing in, nothing out", () => {
  assert.deepEqual(groupNearDuplicates([]), []);
});
