import assert from "node:assert/strict";
import { test } from "node:test";
import { inSampleOrder, type Placed } from "./in-sample-order.js";

test("placed values come back in order, also when they do not fit in memory", async () => {
  const total = 20_000;
  async function* shuffled(): AsyncGenerator<Placed<string>> {
    for (let index = 0; index < total; index++) {
      const position = (index * 7919) % total;
      yield { position, value: `${position}:\u2028\r\n`.padEnd(50, "x") };
    }
  }
  let expected = 0;
  for await (const { position, value } of inSampleOrder(shuffled(), everywhere(total), 200_000)) {
    assert.equal(position, expected++);
    assert.ok(value.startsWith(`${position}:\u2028\r\nx`));
  }
  assert.equal(expected, total);
});

test("what comes nearly in order goes out again while the rest is still to come", async () => {
  const total = 20_000;
  let come = 0;
  async function* nearlyInOrder(): AsyncGenerator<Placed<string>> {
    for (let start = 0; start < total; start += 8) {
      for (let position = start + 7; position >= start; position--) {
        come += 1;
        if (position % 5 !== 3) yield { position, value: `${position}`.padEnd(20, "x") };
      }
    }
  }
  const awaited = everywhere(total).map((_, position) => (position % 5 === 3 ? 0 : 1));
  let out = -1;
  for await (const { position, value } of inSampleOrder(nearlyInOrder(), awaited)) {
    assert.equal(position, awaited.indexOf(1, out + 1));
    assert.ok(value.startsWith(`${position}`));
    assert.ok(come - position <= 8, `${position} waited until ${come} had come`);
    out = position;
  }
  assert.equal(out, total - 1);
});

test("what waits behind a value that never comes goes out in the end, in order", async () => {
  const total = 500;
  async function* withoutTheFirst(): AsyncGenerator<Placed<string>> {
    for (let position = total - 1; position > 0; position--) yield { position, value: "x".repeat(200) };
  }
  for (const memory of [1_000_000, 10_000]) {
    let expected = 1;
    for await (const { position } of inSampleOrder(withoutTheFirst(), everywhere(total), memory)) {
      assert.equal(position, expected++);
    }
    assert.equal(expected, total);
  }
});

function everywhere(total: number): Uint8Array {
  return new Uint8Array(total).fill(1);
}
