import { sniffFormat } from "./picture-format.js";
import { readHeader } from "./picture-header.js";

/** 64 megapixels, four times the default `maxPixels`: nothing larger is ever decoded, whatever a recipe says. */
export const MAX_SOURCE_PIXELS = 4 * 4096 * 4096;

/** Bytes a pixel may take while it is decoded: a progressive CMYK JPEG and an interlaced 16-bit PNG need as many. */
const BYTES_A_PIXEL = 8;
/** Pictures up to this weight are decoded without asking for room: 2 megapixels, which most data sets stay below. */
export const LIGHT = 24 * 2 ** 20;

/** The memory in bytes that a picture may take: its file, and its pixels as the most wasteful decoder holds them. */
export function weightOf(bytes: number, pixels: number): number {
  return bytes + BYTES_A_PIXEL * Math.min(pixels, MAX_SOURCE_PIXELS);
}

/** The same, by a look at the header. What will not be decoded weighs its bytes; what hides its size, the most there is. */
export function weigh(bytes: Buffer): number {
  const sniffed = sniffFormat(bytes);
  if (sniffed.kind !== "accepted") return bytes.length;
  const { width, height, end } = readHeader(bytes, sniffed.format);
  if (end === "cut" || end === "broken") return bytes.length;
  const pixels = width === null || height === null ? MAX_SOURCE_PIXELS : width * height;
  return weightOf(bytes.length, pixels > MAX_SOURCE_PIXELS ? 0 : pixels);
}
