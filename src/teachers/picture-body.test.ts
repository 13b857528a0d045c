import assert from "node:assert/strict";
import { test } from "node:test";
import type { PreparedPicture } from "../records/index.js";
import { renderBodyTemplate } from "./body-template.js";
import { openBufferPool } from "./buffer-pool.js";
import { PictureBody } from "./picture-body.js";

const TEMPLATE = renderBodyTemplate({ model: "m" }, (url) => [{ role: "user", content: url }]);
const WHOLE = '{"model":"m","messages":[{"role":"user","content":"data:image/png;base64,AAEC"}]}';

/** A body of a picture with so much room, whose claim is granted or not, and what it told. */
function bodyOf(room: number, isGranted: boolean, file: string | null = null) {
  const base64 = Buffer.alloc(4 + 2 * room).subarray(room, room + 4);
  base64.write("AAEC");
  const picture: PreparedPicture = { base64, room, mime: "image/png", sha256: "" };
  const told: string[] = [];
  const onPictureTaken = () => void told.push("taken");
  const claimPicture = () => {
    told.push("claimed");
    return isGranted ? () => void told.push("given back") : null;
  };
  const pool = openBufferPool();
  const body = new PictureBody(TEMPLATE, { picture, onPictureTaken, claimPicture }, file, pool);
  return { body, picture, told, pool };
}

test("a picture of its own is written round where it lies, and given back once", () => {
  const { body, picture, told } = bodyOf(100, true);
  const bytes = body.make();
  assert.equal(String(bytes), WHOLE);
  assert.equal(bytes.buffer, picture.base64.buffer);
  assert.equal(body.make(), bytes, "what goes out once more is the same");
  assert.deepEqual(told, ["claimed"]);
  body.free();
  body.free();
  assert.deepEqual(told, ["claimed", "given back"]);
});

test("one that others need, or without the room, is copied, and the copy's memory is used again", () => {
  for (const [room, expected] of [
    [100, ["claimed", "taken"]],
    [10, ["taken"]],
  ] as const) {
    const { body, picture, told, pool } = bodyOf(room, false);
    const bytes = body.make();
    assert.equal(String(bytes), WHOLE);
    assert.notEqual(bytes.buffer, picture.base64.buffer);
    assert.deepEqual(told, expected);
    body.free();
    assert.equal(pool.take(10).buffer, bytes.buffer);
  }
});

test("an address takes nothing", () => {
  const { body, told } = bodyOf(100, true, "/pictures/a cat.png");
  assert.ok(String(body.make()).includes('"file:///pictures/a%20cat.png"'));
  body.free();
  assert.deepEqual(told, ["taken"]);
});
