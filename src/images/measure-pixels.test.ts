import assert from "node:assert/strict";
import { test } from "node:test";
import { measurePixels } from "./measure-pixels.js";

test("the measures equal their formulas on a small grey picture", () => {
  const data = Uint8Array.from([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 200]);
  const { sharpness, contrast } = measurePixels({ data, width: 4, height: 3, channels: 1 });
  const mean = data.reduce((sum, value) => sum + value, 0) / 12;
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 12);
  assert.ok(contrast !== null && Math.abs(contrast - deviation) < 1e-9);
  // Both inner pixels lie on a slope, so their Laplacian is 0.
  assert.equal(sharpness, 0);
});

test("a checkerboard is sharp, an even picture is neither sharp nor contrasted", () => {
  const board = Uint8Array.from({ length: 64 }, (_, i) => ((i + (i >> 3)) % 2) * 255);
  const sharp = measurePixels({ data: board, width: 8, height: 8, channels: 1 });
  assert.equal(sharp.sharpness, 1020 ** 2);
  assert.equal(sharp.contrast, 127.5);
  const even = measurePixels({ data: new Uint8Array(192).fill(90), width: 8, height: 8, channels: 3 });
  assert.deepEqual(even, { sharpness: 0, contrast: 0 });
});

test("a picture without inner pixels has no sharpness", () => {
  const { sharpness, contrast } = measurePixels({ data: Uint8Array.from([0, 255]), width: 2, height: 1, channels: 1 });
  assert.equal(sharpness, null);
  assert.equal(contrast, 127.5);
});

test("a large picture is measured on a part of its pixels, and an even gradient stays what it is", () => {
  const [width, height] = [1000, 700];
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.fill(Math.floor(((i % width) * 256) / width), 3 * i, 3 * i + 3);
  const { sharpness, contrast } = measurePixels({ data, width, height, channels: 3 });
  assert.ok(sharpness !== null && sharpness < 1);
  assert.ok(contrast !== null && Math.abs(contrast - 73.9) < 0.5);
});
