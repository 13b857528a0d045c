import type { ImageFormat } from "../records/index.js";
import { readTiff } from "./tiff-header.js";

/** What the structure of a file tells before any library has touched it. */
export interface PictureHeader {
  /** Pixels as stored, orientation not applied; null where the header does not get that far. */
  readonly width: number | null;
  readonly height: number | null;
  /**
   * `whole`: its parts run to the end mark · `cut`: the file ends before it · `broken`: a part makes no sense ·
   * `open`: only the decoder can tell.
   */
  readonly end: "whole" | "cut" | "broken" | "open";
  /** A JPEG with nothing that would have to be made plain: grey or YCbCr, 8 bit, without EXIF and colour profile. */
  readonly plain: boolean;
  /** A JPEG with bytes between the parts of its header that belong to none; decoders skip them. */
  readonly strayBytes: boolean;
  /** A PNG with an animation in it. The decoders behind the others count their frames. */
  readonly animated: boolean;
}

/** Reads the sizes and walks the parts. Never decodes, never throws, takes time linear in the number of parts. */
export function readHeader(bytes: Buffer, format: ImageFormat): PictureHeader {
  const header = { width: null, height: null, end: "cut", plain: false, strayBytes: false, animated: false } as const;
  try {
    return { ...header, ...READERS[format](bytes) };
  } catch (error) {
    // Reading past the end is how every one of these walks notices a cut file.
    if (error instanceof RangeError) return { ...header, ...sizeOf(bytes, format) };
    throw error;
  }
}

const READERS: Record<ImageFormat, (bytes: Buffer) => Partial<PictureHeader>> = {
  jpeg: readJpeg,
  png: readPng,
  gif: readGif,
  webp: readWebp,
  tiff: readTiff,
};

/** The size where it stands at a fixed place, so that a cut file still says how large it meant to be. */
function sizeOf(bytes: Buffer, format: ImageFormat): Partial<PictureHeader> {
  if (format === "png" && bytes.length >= 24) return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  if (format === "gif" && bytes.length >= 10) return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  return {};
}

/** Marker segments up to the first scan; whether the scans are whole only the decoder can tell cheaply. */
function readJpeg(bytes: Buffer): Partial<PictureHeader> {
  let frame: { width: number; height: number; components: number; precision: number } | null = null;
  let special = false;
  let strayBytes = false;
  let adobeTransform: number | null = null;
  let place = 2;
  for (;;) {
    const marker = nextMarker(bytes, place);
    const code = bytes.readUInt8(marker + 1);
    strayBytes ||= bytes[place] !== 0xff || code === 0;
    place = marker + 2;
    if (code === 0xd9) return { end: "broken" };
    if (code === 0 || code === 0x01 || (code >= 0xd0 && code <= 0xd8)) continue;
    if (code === 0xda) break;
    const length = bytes.readUInt16BE(place);
    if (code === 0xe1) special ||= bytes.toString("latin1", place + 2, place + 6) === "Exif";
    if (code === 0xe2) special ||= bytes.toString("latin1", place + 2, place + 13) === "ICC_PROFILE";
    if (code === 0xee && bytes.toString("latin1", place + 2, place + 7) === "Adobe")
      adobeTransform = bytes.readUInt8(place + 13);
    if (code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc) {
      frame = {
        precision: bytes.readUInt8(place + 2),
        height: bytes.readUInt16BE(place + 3),
        width: bytes.readUInt16BE(place + 5),
        components: bytes.readUInt8(place + 7),
      };
    }
    place += length;
  }
  if (frame === null) return { end: "broken" };
  const colour = frame.components === 1 || (frame.components === 3 && adobeTransform !== 0);
  const plain = !special && colour && frame.precision === 8 && frame.width > 0 && frame.height > 0;
  return { width: frame.width, height: frame.height, end: "open", plain, strayBytes };
}

/** The next 0xff that is followed by something else; stray bytes between segments are skipped as decoders do. */
function nextMarker(bytes: Buffer, start: number): number {
  let place = bytes.indexOf(0xff, start);
  while (place >= 0 && bytes[place + 1] === 0xff) place++;
  if (place < 0) throw new RangeError("no further marker");
  return place;
}

function readPng(bytes: Buffer): Partial<PictureHeader> {
  const size = sizeOf(bytes, "png");
  let animated = false;
  let place = 8;
  for (;;) {
    const length = bytes.readUInt32BE(place);
    const type = bytes.toString("latin1", place + 4, place + 8);
    if (type.length === 4 && !/^[A-Za-z]{4}$/.test(type)) return { ...size, end: "broken", animated };
    animated ||= type === "acTL";
    place += 12 + length;
    if (place > bytes.length) return { ...size, end: "cut", animated };
    if (type === "IEND") return { ...size, end: "whole", animated };
  }
}

function readGif(bytes: Buffer): Partial<PictureHeader> {
  const size = sizeOf(bytes, "gif");
  let place = 13 + colourTable(bytes.readUInt8(10));
  for (let frames = 0; ; ) {
    const block = bytes.readUInt8(place);
    if (block === 0x3b) return { ...size, end: frames > 0 ? "whole" : "broken" };
    if (block === 0x2c) {
      frames++;
      place += 11 + colourTable(bytes.readUInt8(place + 9));
    } else if (block === 0x21) place += 2;
    else return { ...size, end: "broken" };
    for (let part = bytes.readUInt8(place); part > 0; part = bytes.readUInt8(place)) place += 1 + part;
    place++;
  }
}

/** Bytes of the colour table a GIF flag byte announces. */
function colourTable(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function readWebp(bytes: Buffer): Partial<PictureHeader> {
  const end = bytes.readUInt32LE(4) + 8 > bytes.length ? "cut" : "open";
  const kind = bytes.toString("latin1", 12, 16);
  if (bytes.length < 30) return { end: "cut" };
  if (kind === "VP8X") return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1, end };
  if (kind === "VP8 ") return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff, end };
  if (kind !== "VP8L") return { end: "broken" };
  const bits = bytes.readUInt32LE(21);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, end };
}
