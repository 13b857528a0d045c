import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { PreparedPicture, SampleImage } from "../records/index.js";
import { openPictureShelf, type ShelfOptions } from "./picture-shelf.js";

const BYTES = 100;

function shelfFor(options: Partial<ShelfOptions>) {
  const prepared: string[] = [];
  const recycled: string[] = [];
  const prepare = async (image: SampleImage): Promise<PreparedPicture> => {
    prepared.push(image.id);
    if (image.id === "broken") throw new Error("cannot be read");
    return { base64: Buffer.alloc(BYTES), mime: "image/jpeg", sha256: image.id };
  };
  const recycle = ({ sha256 }: PreparedPicture) => recycled.push(sha256);
  const shelf = openPictureShelf(prepare, { teachers: 1, maxBytes: 1_000, maxAheadBytes: 1_000, recycle, ...options });
  const named = (id: string) => ({ id, bytes: BYTES }) as SampleImage;
  return {
    take: (id: string) => shelf.take(named(id)),
    announce: (id: string) => shelf.announce(named(id)),
    giveBack: shelf.giveBack,
    isLast: shelf.isLast,
    prepared,
    recycled,
  };
}

test("teachers who ask for a picture at about the same time share it, as long as it fits the shelf", async () => {
  const { take, prepared } = shelfFor({ teachers: 2, maxBytes: 2 * BYTES });
  const [first, second] = await Promise.all([take("a"), take("a")]);
  assert.equal(first, second);
  await take("b");
  await take("c");
  await take("a");
  assert.deepEqual(prepared, ["a", "b", "c", "a"]);
});

test("nothing is kept for a teacher who is alone", async () => {
  const { take, prepared } = shelfFor({ teachers: 1 });
  await take("a");
  await take("a");
  assert.deepEqual(prepared, ["a", "a"]);
});

test("a picture that could not be read is read again for the next", async () => {
  const { take, prepared } = shelfFor({ teachers: 2 });
  await assert.rejects(take("broken"));
  await assert.rejects(take("broken"));
  assert.deepEqual(prepared, ["broken", "broken"]);
});

for (const teachers of [1, 2]) {
  test(`a picture that was announced is made ready before it is taken, and once (${teachers} teachers)`, async () => {
    const { take, announce, prepared } = shelfFor({ teachers });
    announce("a");
    announce("a");
    assert.deepEqual(prepared, ["a"]);
    await setImmediate();
    assert.equal((await take("a")).sha256, "a");
    assert.deepEqual(prepared, ["a"]);
  });
}

test("one teacher's picture leaves the shelf when it is taken, be it ready or not", async () => {
  const { take, announce, prepared } = shelfFor({ teachers: 1 });
  announce("a");
  await take("a");
  await take("a");
  announce("b");
  await setImmediate();
  await take("b");
  await take("b");
  assert.deepEqual(prepared, ["a", "a", "b", "b"]);
});

test("no more is made ready ahead than the shelf takes, and taking makes room", async () => {
  const { take, announce, prepared } = shelfFor({ maxAheadBytes: 2 * BYTES });
  for (const id of ["a", "b", "c"]) announce(id);
  assert.deepEqual(prepared, ["a", "b"]);
  await take("a");
  announce("d");
  assert.deepEqual(prepared, ["a", "b", "d"]);
});

test("an announced picture that cannot be read fails only for whoever takes it, and gives its room back", async () => {
  const { take, announce, prepared } = shelfFor({ maxAheadBytes: BYTES });
  announce("broken");
  await setImmediate();
  announce("a");
  await assert.rejects(take("broken"), /cannot be read/);
  assert.deepEqual(prepared, ["broken", "a", "broken"]);
});

test("memory is used again once nobody who took the picture has it, and nobody else will take it", async () => {
  const { take, giveBack, recycled } = shelfFor({ teachers: 2 });
  const [first, second] = await Promise.all([take("a"), take("a")]);
  giveBack(first);
  assert.deepEqual(recycled, []);
  giveBack(second);
  assert.deepEqual(recycled, ["a"]);
  const early = await take("b");
  giveBack(early);
  assert.deepEqual(recycled, ["a"], "the other teacher will ask for it");
  giveBack(await take("b"));
  assert.deepEqual(recycled, ["a", "b"]);
});

test("a picture that leaves the shelf for want of room is not used again while someone has it", async () => {
  const { take, giveBack, recycled } = shelfFor({ teachers: 2, maxBytes: BYTES });
  const held = await take("a");
  giveBack(await take("b"));
  await take("c");
  await setImmediate();
  assert.deepEqual(recycled, ["b"]);
  giveBack(held);
  assert.deepEqual(recycled, ["b", "a"]);
});

test("the last who has a picture is told apart, once nobody else will get it", async () => {
  const { take, giveBack, isLast } = shelfFor({ teachers: 2 });
  const first = await take("a");
  assert.equal(isLast(first), false, "the other teacher will ask for it");
  const second = await take("a");
  assert.equal(isLast(second), false, "the first still has it");
  giveBack(first);
  assert.equal(isLast(second), true);
  giveBack(second);
  assert.equal(isLast(second), false);
  assert.equal(isLast({ ...second }), false, "it is not of this shelf");
});
