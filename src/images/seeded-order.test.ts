import assert from "node:assert/strict";
import { test } from "node:test";
import { openSeededOrder } from "./seeded-order.js";

const hex = (hash: bigint): string => hash.toString(16).padStart(16, "0");

test("the hash is the official XXH64 of the UTF-8 bytes with the seed as its seed", async () => {
  const vectors: [name: string, seed: number, expected: string][] = [
    ["", 0, "ef46db3751d8e999"],
    ["", 2654435761, "ac75fda2929b17ef"], // PRIME32, as in xxHash's own sanity check
    ["a", 0, "d24ec4f1a98c6e5b"],
    ["abc", 0, "44bc2cf5ad770999"],
    ["xxhash", 0, "32dd38952c4bc720"],
    ["xxhash", 20141025, "b559b98d844e0635"],
    ["I want an unsigned 64-bit seed!", 0, "d4cb0a70a2b8c7c1"],
    ["I want an unsigned 64-bit seed!", 1, "ce5087f12470d961"],
    ["n02123045_1", 1, "261a7095e042d63d"],
    ["p-0123456789abcdef", 1, "59a07fb8880ca935"],
    ["Käse", 1, "7e7a1a8d21109842"],
  ];
  for (const [name, seed, expected] of vectors) {
    assert.equal(hex((await openSeededOrder(seed)).hash(name)), expected, `${name} under ${seed}`);
  }
});

test("the order is by hash, whatever the order in which names are listed, and another under another seed", async () => {
  const names = Array.from({ length: 3000 }, (_, index) => `n02123045_${index}`);
  const shuffled = names.toSorted((a, b) => (a.slice(-2) < b.slice(-2) ? -1 : 1));
  const seeded = await openSeededOrder(1);
  const orderOf = (list: readonly string[], order: Uint32Array): string[] =>
    Array.from(order, (place) => list[place] ?? "");

  const ordered = orderOf(
    names,
    seeded.order(names.length, (place) => names[place] ?? ""),
  );

  assert.deepEqual(
    ordered,
    names.toSorted((a, b) => (seeded.hash(a) < seeded.hash(b) ? -1 : 1)),
  );
  assert.deepEqual(
    orderOf(
      shuffled,
      seeded.order(shuffled.length, (place) => shuffled[place] ?? ""),
    ),
    ordered,
  );
  const other = (await openSeededOrder(2)).order(names.length, (place) => names[place] ?? "");
  assert.notDeepEqual(orderOf(names, other), ordered);
});

test("names whose top hash bits meet are ordered by the whole hash, not as they were listed", async () => {
  const seeded = await openSeededOrder(1);
  // Found by trying: both hashes begin with the same 32 bits.
  const meeting = ["n02123045_9363", "n02123045_128665"];
  const whole = meeting.toSorted((a, b) => (seeded.hash(a) < seeded.hash(b) ? -1 : 1));
  for (const names of [meeting, meeting.toReversed()]) {
    assert.equal(new Set(names.map((name) => seeded.hash(name) >> 32n)).size, 1);
    assert.deepEqual(
      Array.from(
        seeded.order(2, (place) => names[place] ?? ""),
        (place) => names[place],
      ),
      whole,
    );
  }
});

test("an empty class and a class of one have an order", async () => {
  const seeded = await openSeededOrder(1);
  assert.deepEqual([...seeded.order(0, () => "")], []);
  assert.deepEqual([...seeded.order(1, () => "only")], [0]);
});
