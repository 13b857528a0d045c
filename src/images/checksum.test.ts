import assert from "node:assert/strict";
import { test } from "node:test";
import { checksumOf } from "./checksum.js";

test("no bytes have the tag that GCM's specification gives them", () => {
  // Test case 1 of McGrew and Viega, "The Galois/Counter Mode of Operation": key, nonce and text of zeros, tag 58e2fcce….
  assert.equal(checksumOf(Buffer.alloc(0)), "58e2fccefa7e3061367f1d57a4e7455a");
});

test("any bit, a byte more or less, and the order of blocks count", () => {
  const bytes = Buffer.from(Array.from({ length: 100 }, (_, at) => at));
  const swapped = Buffer.concat([bytes.subarray(16, 32), bytes.subarray(0, 16), bytes.subarray(32)]);
  const others = [bytes.subarray(0, 99), Buffer.concat([bytes, Buffer.alloc(1)]), swapped];
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const other = Buffer.from(bytes);
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    others.push(other);
  }
  const sums = new Set([bytes, ...others].map(checksumOf));
  assert.equal(sums.size, 1 + others.length);
});
