import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { sniffFormat } from "./picture-format.js";

function seen(bytes: Buffer): string {
  const sniffed = sniffFormat(bytes);
  return sniffed.kind === "accepted"
    ? sniffed.format
    : sniffed.kind === "unsupported"
      ? sniffed.name
      : sniffed.looksLike;
}

function latin1(text: string, length = 200): Buffer {
  return Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(Math.max(0, length - text.length), 1)]);
}

test("the five kinds of picture are known by their first bytes", async () => {
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: "#468" } });
  for (const format of ["jpeg", "png", "webp", "gif", "tiff"] as const) {
    assert.equal(seen(await picture.clone().toFormat(format).toBuffer()), format);
  }
});

test("other kinds of picture are named, so that they can be counted as unsupported", () => {
  const bmp = latin1("BM");
  bmp.writeUInt32LE(40, 14);
  const fli = latin1("\0\0\0\0\x11\xaf");
  const tga = Buffer.concat([Buffer.alloc(100, 2), Buffer.from("TRUEVISION-XFILE.\0")]);
  assert.equal(seen(bmp), "BMP");
  assert.equal(seen(fli), "FLI");
  assert.equal(seen(tga), "TGA");
  assert.equal(seen(latin1("\0\0\0\x20ftypavif")), "AVIF or HEIF");
  assert.equal(seen(latin1("\0\0\0\x20ftypheic")), "AVIF or HEIF");
  assert.equal(seen(latin1("\0\0\0\x0cjP  \r\n\x87\n")), "JPEG 2000");
  assert.equal(seen(latin1("\xff\x0a")), "JPEG XL");
  assert.equal(seen(latin1("\0\0\x01\0\x01\0")), "ICO or CUR");
  assert.equal(seen(latin1("8BPS")), "PSD");
  assert.equal(seen(latin1("P6\n12 12\n255\n")), "PNM");
  assert.equal(seen(latin1("%!PS-Adobe-3.0 EPSF-3.0\n")), "PostScript");
  assert.equal(seen(latin1("#define hopper_width 128\n")), "XBM");
  assert.equal(seen(latin1("/* XPM */\nstatic char")), "XPM");
});

test("SVG is never taken, with a declaration, a comment or another coding before it", () => {
  const svg = '<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>';
  assert.equal(seen(Buffer.from(svg)), "SVG");
  assert.equal(seen(Buffer.from(`\ufeff${svg}`)), "SVG");
  assert.equal(seen(Buffer.from(`\ufeff${svg}`, "utf16le")), "SVG");
});

test("what is no picture is described", () => {
  assert.equal(seen(Buffer.from("<!DOCTYPE html><html><body><svg></svg>")), "a web page");
  assert.equal(seen(Buffer.from("  <html>Not found</html>")), "a web page");
  assert.equal(seen(latin1("PK\x03\x04")), "a zip archive");
  assert.equal(seen(latin1("%PDF-1.7")), "a PDF document");
  assert.equal(seen(latin1("\0\0\0\x20ftypisom")), "a film");
  assert.equal(seen(Buffer.from("404: no such picture\n")), "text");
  assert.equal(seen(Buffer.alloc(5000)), "only zero bytes");
  assert.match(seen(Buffer.from([0xde, 0xad, 0xbe, 0xef])), /unknown bytes \(deadbeef…\)/);
});
