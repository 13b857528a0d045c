import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { saysSrgb } from "./colour-profile.js";

async function profileOf(name: string): Promise<Buffer> {
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: "#468" } });
  const { icc } = await sharp(await picture.withIccProfile(name).jpeg().toBuffer()).metadata();
  assert.ok(icc);
  return icc;
}

test("an sRGB profile says sRGB, whatever its name; Display P3 and CMYK do not", async () => {
  assert.equal(saysSrgb(await profileOf("srgb")), true);
  assert.equal(saysSrgb(await profileOf("p3")), false);
  assert.equal(saysSrgb(await profileOf("cmyk")), false);
});

test("a profile with sRGB's colours and another curve is not sRGB", async () => {
  const profile = Buffer.from(await profileOf("srgb"));
  const curve = profile.indexOf("para", 132, "latin1");
  assert.ok(curve > 0);
  profile.writeInt32BE(65536, curve + 12);
  assert.equal(saysSrgb(profile), false);
});

test("a profile that is cut short or made of noise is not sRGB, and no error", async () => {
  const profile = await profileOf("srgb");
  for (const length of [0, 20, 130, 140, 300]) assert.equal(saysSrgb(profile.subarray(0, length)), false);
  assert.equal(saysSrgb(Buffer.alloc(4096, 0xff)), false);
});
