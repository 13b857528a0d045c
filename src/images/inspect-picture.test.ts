import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import sharp from "sharp";
import type { GateSpec, ImageFacts } from "../records/index.js";
import { checksumOf } from "./checksum.js";
import { type Inspection, inspectPicture } from "./inspect-picture.js";
import { corners, OPEN_GATE, pngChunk, pngHeader } from "./test-pictures.js";

const REAL_GATE: GateSpec = { ...OPEN_GATE, minSide: 224 };

async function reasonOf(bytes: Buffer, gate = OPEN_GATE): Promise<string> {
  const { accepted, rejected } = await inspectPicture(bytes, gate);
  return accepted === null ? rejected.reason : `accepted, ${accepted.preparation}`;
}

async function factsOf(bytes: Buffer, gate = OPEN_GATE): Promise<ImageFacts> {
  const inspection: Inspection = await inspectPicture(bytes, gate);
  assert.ok(inspection.accepted, JSON.stringify(inspection.rejected));
  return inspection.accepted;
}

test("an upright 8-bit JPEG or PNG is sent as it is, grey or coloured, with its facts", async () => {
  const jpeg = await corners(300, 240).jpeg().toBuffer();
  const facts = await factsOf(jpeg, REAL_GATE);
  assert.deepEqual(
    { ...facts, measures: null },
    {
      sha256: createHash("sha256").update(jpeg).digest("hex"),
      checksum: checksumOf(jpeg),
      bytes: jpeg.length,
      format: "jpeg",
      width: 300,
      height: 240,
      preparation: "as-is/1",
      made: [],
      measures: null,
    },
  );
  assert.ok((facts.measures.sharpness ?? 0) > 1 && (facts.measures.contrast ?? 0) > 20);
  assert.equal(await reasonOf(await corners(30, 20).png().toBuffer()), "accepted, as-is/1");
  assert.equal(await reasonOf(await corners(30, 20).toColourspace("b-w").jpeg().toBuffer()), "accepted, as-is/1");
  assert.equal(await reasonOf(await corners(30, 20).jpeg({ progressive: true }).toBuffer()), "accepted, as-is/1");
  assert.equal(await reasonOf(await corners(30, 20).withIccProfile("srgb").jpeg().toBuffer()), "accepted, as-is/1");
});

test("what must be made plain is said", async () => {
  const picture = () => corners(60, 40);
  const made = async (bytes: Buffer) => {
    const { made, preparation } = await factsOf(bytes);
    assert.equal(preparation, made.length === 0 ? "as-is/1" : "plain-jpeg/1");
    return made;
  };
  assert.deepEqual(await made(await picture().toColourspace("cmyk").jpeg().toBuffer()), ["cmyk"]);
  assert.deepEqual(await made(await picture().toColourspace("rgb16").png().toBuffer()), ["16-bit"]);
  assert.deepEqual(await made(await picture().png({ palette: true }).toBuffer()), ["palette"]);
  assert.deepEqual(await made(await picture().ensureAlpha(0.5).png().toBuffer()), ["alpha"]);
  assert.deepEqual(await made(await picture().withIccProfile("p3").jpeg().toBuffer()), ["colour-space"]);
  assert.deepEqual(await made(await picture().webp().toBuffer()), ["format"]);
  assert.deepEqual(await made(await picture().tiff().toBuffer()), ["format"]);
  assert.deepEqual((await made(await picture().gif().toBuffer())).slice(0, 2), ["format", "palette"]);
});

test("sizes have the EXIF orientation applied", async () => {
  const turned = await corners(300, 240).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { width, height, made } = await factsOf(turned, REAL_GATE);
  assert.deepEqual({ width, height, made }, { width: 240, height: 300, made: ["rotated"] });
});

test("an animation counts as one picture, its first frame", async () => {
  const frames = await Promise.all([corners(40, 30), corners(40, 30).negate()].map((frame) => frame.png().toBuffer()));
  for (const format of ["gif", "webp"] as const) {
    const bytes = await sharp(frames, { join: { animated: true } })
      .toFormat(format)
      .toBuffer();
    const { width, height, made } = await factsOf(bytes);
    assert.deepEqual({ width, height }, { width: 40, height: 30 });
    assert.ok(made.includes("animated") && made.includes("format"), `${format}: ${made}`);
  }
  const png = await corners(40, 30).png().toBuffer();
  const control = pngChunk("acTL", Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));
  const frame = pngChunk(
    "fcTL",
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 30, ...Array(10).fill(0), 0, 1, 0, 1, 0, 0].slice(0, 26)),
  );
  const animated = Buffer.concat([png.subarray(0, 33), control, frame, png.subarray(33)]);
  assert.deepEqual((await factsOf(animated)).made, ["animated"]);
});

test("a picture over the pixel limit is scaled down, and the limit is part of the preparation's name", async () => {
  const { preparation, made, width, height } = await factsOf(await corners(200, 100).jpeg().toBuffer(), {
    ...OPEN_GATE,
    maxPixels: 5000,
  });
  assert.deepEqual(
    { preparation, made, width, height },
    { preparation: "plain-jpeg/1/5000", made: ["resized"], width: 200, height: 100 },
  );
});

test("what is not a picture of the five kinds is turned away by its content", async () => {
  assert.equal(await reasonOf(Buffer.alloc(0)), "empty-file");
  assert.equal(await reasonOf(Buffer.from("<html><body>404</body></html>")), "not-an-image");
  assert.equal(
    await reasonOf(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"/>')),
    "unsupported-format",
  );
  assert.equal(await reasonOf(await corners(64, 64).heif({ compression: "av1" }).toBuffer()), "unsupported-format");
  assert.equal(await reasonOf(Buffer.from("\xff\xd8\xff\xe0garbage", "latin1")), "truncated-file");
  assert.equal(await reasonOf(Buffer.from(`\xff\xd8\xff\xd9${"x".repeat(500)}`, "latin1")), "undecodable");
});

test("sizes are judged before anything is decoded", async () => {
  assert.equal(await reasonOf(pngHeader(30_000, 30_000)), "too-large");
  assert.equal(await reasonOf(pngHeader(0xffffffff, 0xffffffff)), "too-large");
  assert.equal(await reasonOf(pngHeader(8193, 8192)), "too-large");
  assert.equal(await reasonOf(pngHeader(1, 1), REAL_GATE), "too-small");
  assert.equal(await reasonOf(pngHeader(500, 19), REAL_GATE), "too-small");
  assert.equal(await reasonOf(pngHeader(19, 500), REAL_GATE), "too-small");
  assert.equal(await reasonOf(pngHeader(0, 500), OPEN_GATE), "too-small");
  assert.equal(await reasonOf(pngHeader(300, 300), REAL_GATE), "undecodable", "the header alone holds no pixels");

  const jpeg = await corners(32, 32).jpeg().toBuffer();
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(60_000, frame + 5);
  jpeg.writeUInt16BE(60_000, frame + 7);
  assert.equal(await reasonOf(jpeg), "too-large");
  const gif = await corners(32, 32).gif().toBuffer();
  gif.writeUInt32LE(0xffffffff, 6);
  assert.equal(await reasonOf(gif), "too-large");
});

test("a file that was cut anywhere is found", async () => {
  const picture = () => corners(320, 240);
  const whole = {
    jpeg: await picture().jpeg().toBuffer(),
    progressive: await picture().jpeg({ progressive: true }).toBuffer(),
    large: await corners(2600, 2000).jpeg().toBuffer(),
    png: await picture().png().toBuffer(),
    interlaced: await picture().png({ progressive: true }).toBuffer(),
    webp: await picture().webp().toBuffer(),
    lossless: await picture().webp({ lossless: true }).toBuffer(),
    gif: await picture().gif().toBuffer(),
    tiff: await picture().tiff({ compression: "lzw" }).toBuffer(),
  };
  for (const [kind, bytes] of Object.entries(whole)) {
    assert.match(await reasonOf(bytes), /^accepted/, kind);
    for (const length of [40, 700, bytes.length >> 1, bytes.length - 50, bytes.length - 2, bytes.length - 1]) {
      if (length >= bytes.length) continue;
      assert.equal(
        await reasonOf(bytes.subarray(0, length)),
        "truncated-file",
        `${kind} cut to ${length} of ${bytes.length}`,
      );
    }
  }
});

test("a JPEG whose data end early is found although an end mark was put behind them", async () => {
  const whole = await corners(320, 240).jpeg().toBuffer();
  const patched = Buffer.concat([whole.subarray(0, whole.length >> 1), Buffer.from([0xff, 0xd9])]);
  assert.equal(await reasonOf(patched), "truncated-file");
});

test("damaged pixels are undecodable", async () => {
  for (const format of ["png", "webp"] as const) {
    const bytes = await corners(320, 240).blur(1).toFormat(format, { lossless: true }).toBuffer();
    bytes.fill(0x5a, bytes.length >> 1, (bytes.length >> 1) + 40);
    assert.equal(await reasonOf(bytes), "undecodable", format);
  }
});

test("what stands behind a whole picture, or between the parts of its header, does no harm", async () => {
  for (const format of ["jpeg", "png", "webp", "gif", "tiff"] as const) {
    const bytes = await corners(320, 240).toFormat(format).toBuffer();
    assert.match(await reasonOf(Buffer.concat([bytes, Buffer.from("<html>trailing</html>")])), /^accepted/, format);
  }
  const jpeg = await corners(320, 240).jpeg().toBuffer();
  const table = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const stray = Buffer.concat([jpeg.subarray(0, table), Buffer.from([1, 2, 3]), jpeg.subarray(table)]);
  assert.equal(await reasonOf(stray), "accepted, as-is/1");
});

test("blank and blurred are judged only where the recipe sets a limit", async () => {
  const blank = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#777" } })
    .png()
    .toBuffer();
  const soft = await corners(512, 512).blur(12).png().toBuffer();
  assert.match(await reasonOf(blank), /^accepted/);
  assert.equal(await reasonOf(blank, { ...OPEN_GATE, blank: 2 }), "blank");
  assert.equal(await reasonOf(soft, { ...OPEN_GATE, blank: 2 }), "accepted, as-is/1");
  assert.equal(await reasonOf(soft, { ...OPEN_GATE, blur: 10 }), "blurred");
  assert.equal(
    await reasonOf(await corners(512, 512).png().toBuffer(), { ...OPEN_GATE, blur: 10 }),
    "accepted, as-is/1",
  );
});
