import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { ask, jsonOf, withObserver } from "./asking.js";
import { PAINTED } from "./painted.js";

const decode = async (bytes: Buffer, maxSide: number) => {
  const { data, info } = await sharp(bytes)
    .resize({ width: maxSide, height: maxSide, fit: "inside", withoutEnlargement: true })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
};

test("a real JPEG is decoded and described, and one cut short is refused", async () => {
  const { data, width, height } = PAINTED.disc();
  const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(768, 512)
    .jpeg()
    .toBuffer();
  const send = (bytes: Buffer) => ({
    messages: [
      {
        role: "user",
        content: [{ type: "image_url", image_url: { url: `data:image/jpeg;base64,${bytes.toString("base64")}` } }],
      },
    ],
  });
  await withObserver({ decode }, async (url) => {
    const reply = await jsonOf(await ask(url, send(jpeg)));
    assert.match(reply.choices[0].message.content, /red [a-z ]*(patch|area)/);
    assert.match(reply.choices[0].message.content, /greys?\b/);
    const cut = await ask(url, send(jpeg.subarray(0, 200)));
    assert.equal(cut.status, 400);
    assert.match((await jsonOf(cut)).error.message, /Failed to load image/);
  });
});
