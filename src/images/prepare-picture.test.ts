import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { inspectPicture } from "./inspect-picture.js";
import { decodeForMeasuring, makeThumbnail, preparePicture } from "./prepare-picture.js";
import { cornerOf, corners, OPEN_GATE } from "./test-pictures.js";

const RED = [247, 8, 8];
const GREEN = [8, 247, 8];
const BLUE = [8, 8, 247];

async function prepare(bytes: Buffer, gate = OPEN_GATE) {
  const { accepted } = await inspectPicture(bytes, gate);
  assert.ok(accepted);
  const picture = await preparePicture(bytes, accepted);
  const sent = Buffer.from(picture.base64.toString("latin1"), "base64");
  const again = await inspectPicture(sent, { ...gate, minSide: 1 });
  assert.equal(again.accepted?.preparation, "as-is/1", "what was made plain is plain");
  assert.equal(again.accepted?.sha256, picture.sha256);
  return { ...picture, bytes: sent, facts: accepted, again: again.accepted };
}

function near(seen: readonly number[], wanted: readonly number[], tolerance: number): void {
  assert.equal(seen.length, wanted.length);
  for (const [i, value] of seen.entries())
    assert.ok(Math.abs(value - (wanted[i] ?? 0)) <= tolerance, `${seen} is not near ${wanted}`);
}

test("a plain picture is sent byte for byte, with its true type whatever its name", async () => {
  const png = await corners(60, 40).png().toBuffer();
  const { bytes, mime, sha256, facts } = await prepare(png);
  assert.deepEqual(bytes, png);
  assert.equal(mime, "image/png");
  assert.equal(sha256, facts.sha256);
});

test("every orientation comes out upright", async () => {
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const stored = await storedAs(orientation);
    const { bytes, again } = await prepare(stored);
    assert.deepEqual([again.width, again.height], [120, 80], `orientation ${orientation}`);
    near(await cornerOf(bytes, "top-left"), RED, 6);
    near(await cornerOf(bytes, "top-right"), GREEN, 6);
    near(await cornerOf(bytes, "bottom-left"), BLUE, 6);
  }
});

/** The picture as a camera stores it that wants it shown by this EXIF orientation. */
async function storedAs(orientation: number): Promise<Buffer> {
  const turn = [0, 0, 0, 180, 180, 90, 270, 270, 90][orientation] ?? 0;
  const mirrored = [2, 4, 5, 7].includes(orientation);
  const turned = await corners(120, 80).rotate(turn).png().toBuffer();
  const raw = await sharp(turned).flop(mirrored).png().toBuffer();
  return sharp(raw).withMetadata({ orientation }).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
}

test("depth, palette, alpha, frames and colour spaces are made plain without changing what is seen", async () => {
  const red = async (bytes: Buffer, tolerance: number) => {
    const made = await prepare(bytes);
    assert.equal(made.mime, "image/jpeg");
    near(await cornerOf(made.bytes, "top-left"), RED, tolerance);
  };
  await red(await corners(60, 40).toColourspace("rgb16").png().toBuffer(), 6);
  await red(await corners(60, 40).png({ palette: true }).toBuffer(), 8);
  await red(await corners(60, 40).webp({ quality: 95 }).toBuffer(), 12);
  await red(await corners(60, 40).tiff().toBuffer(), 6);
  await red(await corners(60, 40).withIccProfile("p3").jpeg({ chromaSubsampling: "4:4:4" }).toBuffer(), 12);
  const ink = await prepare(await corners(60, 40).toColourspace("cmyk").jpeg().toBuffer());
  const [r = 0, g = 0, b = 0] = await cornerOf(ink.bytes, "top-left");
  assert.ok(r > 200 && g < 80 && b < 80, `red ink came out as ${[r, g, b]}`);
});

test("alpha is flattened over white", async () => {
  const { bytes } = await prepare(await corners(60, 40).ensureAlpha(0.5).png().toBuffer());
  near(await cornerOf(bytes, "top-left"), [251, 131, 131], 6);
});

test("the first frame of an animation is the one that is sent", async () => {
  const frames = await Promise.all([corners(40, 30), corners(40, 30).negate()].map((frame) => frame.png().toBuffer()));
  const { bytes, again } = await prepare(
    await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer(),
  );
  assert.deepEqual([again.width, again.height], [40, 30]);
  near(await cornerOf(bytes, "top-left"), RED, 10);
});

test("grey stays grey, also out of 16 bit and beside alpha", async () => {
  const grey = () => corners(60, 40).toColourspace("b-w");
  const sources = [
    await grey().webp().toBuffer(),
    await grey().tiff().toBuffer(),
    await corners(60, 40).toColourspace("grey16").png().toBuffer(),
    await grey().ensureAlpha(0.5).png().toBuffer(),
  ];
  const channels = await Promise.all(
    sources.map(async (bytes) => (await sharp((await prepare(bytes)).bytes).metadata()).channels),
  );
  // WebP knows no grey: what arrives is RGB already.
  assert.deepEqual(channels, [3, 1, 1, 1]);
});

test("a picture over the limit is scaled down below it, aspect kept, and carries no metadata", async () => {
  const source = await corners(200, 100).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { bytes, again, facts } = await prepare(source, { ...OPEN_GATE, maxPixels: 5000 });
  assert.equal(facts.preparation, "plain-jpeg/1/5000");
  assert.deepEqual([again.width, again.height], [50, 100]);
  const { exif, icc, chromaSubsampling, orientation } = await sharp(bytes).metadata();
  assert.deepEqual(
    { exif, icc, chromaSubsampling, orientation },
    { exif: undefined, icc: undefined, chromaSubsampling: "4:4:4", orientation: undefined },
  );
});

test("the same bytes are prepared to the same bytes", async () => {
  const source = await corners(333, 222).toColourspace("cmyk").jpeg().toBuffer();
  assert.equal((await prepare(source)).sha256, (await prepare(source)).sha256);
});

test("decoding for measuring gives RGB rows, upright, of grey and coloured pictures", async () => {
  const turned = await sharp(await corners(80, 120).png().toBuffer())
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const { width, height, data } = await decodeForMeasuring(turned, 60);
  assert.deepEqual([width, height, data.length], [60, 40, 60 * 40 * 3]);
  const grey = await decodeForMeasuring(await corners(30, 20).toColourspace("b-w").jpeg().toBuffer(), 60);
  assert.deepEqual([grey.width, grey.height, grey.data.length], [30, 20, 30 * 20 * 3]);
  assert.equal(grey.data[0], grey.data[1]);
});

test("decoding for measuring refuses what is no picture, and SVG", async () => {
  await assert.rejects(decodeForMeasuring(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), 60), {
    name: "DecodeError",
  });
  await assert.rejects(decodeForMeasuring((await corners(30, 20).jpeg().toBuffer()).subarray(0, 300), 60), {
    name: "DecodeError",
  });
});

test("a thumbnail is a small upright JPEG and never larger than the picture", async () => {
  const turned = await corners(300, 200).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { width, height, format } = await sharp(await makeThumbnail(turned, 90)).metadata();
  assert.deepEqual({ width, height, format }, { width: 60, height: 90, format: "jpeg" });
  const small = await sharp(await makeThumbnail(await corners(30, 20).png().toBuffer(), 90)).metadata();
  assert.deepEqual([small.width, small.height], [30, 20]);
});
