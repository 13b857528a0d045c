import assert from "node:assert/strict";
import { test } from "node:test";
import type { PreparedPicture, SampleImage } from "../records/index.js";
import { pictureShelf } from "./picture-shelf.js";

function shelfFor(teachers: number, maxBytes: number) {
  const prepared: string[] = [];
  const prepare = async (image: SampleImage): Promise<PreparedPicture> => {
    prepared.push(image.id);
    if (image.id === "broken") throw new Error("cannot be read");
    return { bytes: Buffer.alloc(100), mime: "image/jpeg", sha256: image.id };
  };
  const shelf = pictureShelf(prepare, { teachers, maxBytes });
  return { take: (id: string) => shelf({ id } as SampleImage), prepared };
}

test("teachers who ask for a picture at about the same time share it, as long as it fits the shelf", async () => {
  const { take, prepared } = shelfFor(2, 200);
  const [first, second] = await Promise.all([take("a"), take("a")]);
  assert.equal(first, second);
  await take("b");
  await take("c");
  await take("a");
  assert.deepEqual(prepared, ["a", "b", "c", "a"]);
});

test("nothing is kept for a teacher who is alone", async () => {
  const { take, prepared } = shelfFor(1, 1_000);
  await take("a");
  await take("a");
  assert.deepEqual(prepared, ["a", "a"]);
});

test("a picture that could not be read is read again for the next", async () => {
  const { take, prepared } = shelfFor(2, 1_000);
  await assert.rejects(take("broken"));
  await assert.rejects(take("broken"));
  assert.deepEqual(prepared, ["broken", "broken"]);
});
