import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { differenceHash, HASHED_SIDE } from "./difference-hash.js";
import { MAX_DISTANCE } from "./near-duplicates.js";
import { decodeForMeasuring } from "./prepare-picture.js";
import { corners } from "./test-pictures.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const photos: { readonly name: string; readonly bytes: Buffer; readonly hash: string }[] = [];

before(async () => {
  const names = readdirSync(PHOTOS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".JPEG"));
  for (const name of names.sort()) {
    const bytes = await readFile(join(PHOTOS, name));
    photos.push({ name, bytes, hash: await hashOf(bytes) });
  }
});

async function hashOf(bytes: Buffer): Promise<string> {
  return differenceHash(await decodeForMeasuring(bytes, HASHED_SIDE));
}

function distance(a: string, b: string): number {
  return (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll("0", "").length;
}

const COPIES: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  "re-encoded at quality 50": (bytes) => sharp(bytes).jpeg({ quality: 50 }).toBuffer(),
  "stored as PNG": (bytes) => sharp(bytes).png().toBuffer(),
  "a fifth brighter": (bytes) => sharp(bytes).linear(1.2, 0).jpeg().toBuffer(),
  darker: (bytes) => sharp(bytes).linear(1, -20).jpeg().toBuffer(),
  "a tenth smaller": async (bytes) => {
    const { width } = await sharp(bytes).metadata();
    return sharp(bytes)
      .resize(Math.round(0.9 * width))
      .jpeg()
      .toBuffer();
  },
};

for (const [change, copy] of Object.entries(COPIES)) {
  test(`a picture ${change} stays within the distance of near-duplicates`, async () => {
    for (const { name, bytes, hash } of photos) {
      const far = distance(hash, await hashOf(await copy(bytes)));
      assert.ok(far <= MAX_DISTANCE, `${name}: ${far}`);
    }
  });
}

test("different photographs are far apart", () => {
  assert.ok(photos.length >= 12);
  for (const [index, a] of photos.entries()) {
    for (const b of photos.slice(0, index)) {
      const far = distance(a.hash, b.hash);
      assert.ok(far > 2 * MAX_DISTANCE, `${a.name} and ${b.name}: ${far}`);
    }
  }
});

test("a picture that is stored lying down has the hash of the upright one", async () => {
  const upright = await corners(64, 48).png().toBuffer();
  const lying = await corners(64, 48).rotate(270).withMetadata({ orientation: 6 }).png().toBuffer();
  assert.equal(await hashOf(upright), "9e3ddbbe79da3c59");
  assert.equal(await hashOf(lying), await hashOf(upright));
});

test("every bit says whether a cell is brighter than its left neighbour", () => {
  const grey = (width: number, height: number, value: (x: number, y: number) => number) => {
    const data = new Uint8Array(3 * width * height);
    for (let at = 0; at < width * height; at++) {
      data.fill(value(at % width, Math.floor(at / width)), 3 * at, 3 * at + 3);
    }
    return { data, width, height };
  };
  assert.equal(differenceHash(grey(90, 80, () => 200)), "0000000000000000");
  assert.equal(differenceHash(grey(90, 80, (x) => x)), "ffffffffffffffff");
  assert.equal(differenceHash(grey(90, 80, (x, y) => (y < 10 ? x : 90 - x))), "ff00000000000000");
  assert.equal(differenceHash(grey(90, 80, (x) => (x < 10 ? 0 : 9))), "8080808080808080");
  assert.equal(differenceHash(grey(9, 8, (x, y) => (x === 8 && y === 7 ? 9 : 0))), "0000000000000001");
  assert.equal(differenceHash(grey(4, 3, (x) => x)).length, 16, "smaller than the grid");
});
