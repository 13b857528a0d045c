import type { ImageFormat } from "../records/index.js";

/** What the first bytes of a file say it is. Names and endings are never believed. */
export type SniffedFormat =
  | { readonly kind: "accepted"; readonly format: ImageFormat }
  /** A picture of a kind that is not taken, by name. */
  | { readonly kind: "unsupported"; readonly name: string }
  /** Anything else, in a few words. */
  | { readonly kind: "not-an-image"; readonly looksLike: string };

type Test = (bytes: Buffer) => boolean;

const ACCEPTED: readonly (readonly [ImageFormat, Test])[] = [
  ["jpeg", starts("\xff\xd8\xff")],
  ["png", starts("\x89PNG\r\n\x1a\n")],
  ["gif", starts("GIF87a", "GIF89a")],
  ["webp", (bytes) => at(bytes, 0, "RIFF") && at(bytes, 8, "WEBP")],
  ["tiff", starts("II*\0", "MM\0*", "II+\0", "MM\0+")],
];

/** Brands of the ISO media container that hold pictures; the others are films. */
const HEIF_BRANDS = /^(avif|avis|heic|heix|heim|heis|hevc|hevx|mif1|msf1|miaf)/;
const BITMAP_HEADERS = new Set([12, 16, 40, 52, 56, 64, 108, 124]);

const UNSUPPORTED: readonly (readonly [string, Test])[] = [
  ["BMP", (bytes) => at(bytes, 0, "BM") && bytes.length > 18 && BITMAP_HEADERS.has(bytes.readUInt32LE(14))],
  ["DIB", (bytes) => bytes.length > 40 && bytes.readUInt32LE(0) === 40 && bytes.readUInt16LE(12) === 1],
  ["AVIF or HEIF", (bytes) => at(bytes, 4, "ftyp") && HEIF_BRANDS.test(text(bytes, 8, 12))],
  ["JPEG 2000", starts("\0\0\0\x0cjP  \r\n\x87\n", "\xffO\xffQ\0")],
  ["JPEG XL", starts("\xff\x0a", "\0\0\0\x0cJXL \r\n\x87\n")],
  ["ICO or CUR", (bytes) => isIcon(bytes)],
  ["ICNS", starts("icns")],
  ["PSD", starts("8BPS")],
  ["PNM", (bytes) => /^P[1-7Ffy][\s#]/.test(text(bytes, 0, 3)) || at(bytes, 0, "P7 332")],
  ["PostScript", starts("%!PS", "\xc5\xd0\xd3\xc6")],
  ["PCX", (bytes) => isPcx(bytes)],
  ["DCX", starts("\xb1\x68\xde\x3a")],
  ["TGA", (bytes) => bytes.length > 44 && at(bytes, bytes.length - 18, "TRUEVISION-XFILE.")],
  ["SGI", (bytes) => at(bytes, 0, "\x01\xda") && (bytes[2] ?? 9) <= 1 && (bytes[3] === 1 || bytes[3] === 2)],
  ["XPM", (bytes) => /^\s*\/\* XPM \*\//.test(text(bytes, 0, 64))],
  ["XBM", (bytes) => /^\s*(\/\*[^*]{0,400}\*\/\s*)?#define[ \t]+\S*_?width[ \t]/.test(text(bytes, 0, 512))],
  ["DDS", starts("DDS ")],
  ["FLI", (bytes) => bytes.length > 128 && (bytes[4] === 0x11 || bytes[4] === 0x12) && bytes[5] === 0xaf],
  [
    "IM",
    (bytes) => /^(Image type|File size \(no of images\)|Name|Lut|Comment)[^\n]*: .*\r?\n/.test(text(bytes, 0, 128)),
  ],
  ["Sun raster", starts("\x59\xa6\x6a\x95")],
  ["WMF", starts("\xd7\xcd\xc6\x9a")],
  ["EMF", (bytes) => at(bytes, 0, "\x01\0\0\0") && at(bytes, 40, " EMF")],
  ["QOI", starts("qoif")],
  ["BLP", starts("BLP1", "BLP2")],
  ["FITS", starts("SIMPLE  =")],
  ["Radiance HDR", starts("#?RADIANCE", "#?RGBE")],
  ["OpenEXR", starts("\x76\x2f\x31\x01")],
  ["FTEX", starts("FTEX")],
  ["MSP", starts("DanM", "LinS")],
  ["PIXAR", starts("\x80\xe8\0\0")],
  ["GIMP brush", (bytes) => at(bytes, 20, "GIMP")],
  ["GIMP picture", starts("gimp xcf ")],
  ["KTX", starts("\xabKTX ")],
  ["PhotoCD", (bytes) => at(bytes, 2048, "PCD_")],
];

const OTHERS: readonly (readonly [string, Test])[] = [
  ["a zip archive", starts("PK\x03\x04", "PK\x05\x06")],
  ["a gzip file", starts("\x1f\x8b")],
  ["a PDF document", starts("%PDF-")],
  ["a film", (bytes) => at(bytes, 4, "ftyp") || at(bytes, 0, "\x1aE\xdf\xa3") || at(bytes, 8, "AVI ")],
  ["an Office document", starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")],
  ["a tar archive", (bytes) => at(bytes, 257, "ustar")],
  ["only zero bytes", (bytes) => bytes.subarray(0, 4096).every((byte) => byte === 0)],
];

/** Says what a file is by its first bytes (and TGA's last). Looks at a few kilobytes at most. */
export function sniffFormat(bytes: Buffer): SniffedFormat {
  for (const [format, test] of ACCEPTED) if (test(bytes)) return { kind: "accepted", format };
  for (const [name, test] of UNSUPPORTED) if (test(bytes)) return { kind: "unsupported", name };
  for (const [looksLike, test] of OTHERS) if (test(bytes)) return { kind: "not-an-image", looksLike };
  return sniffText(bytes);
}

function sniffText(bytes: Buffer): SniffedFormat {
  // UTF-16 shows as zero bytes between the letters.
  const start = text(bytes, 0, 4096).replaceAll("\0", "").toLowerCase();
  const svg = start.indexOf("<svg");
  const page = start.search(/<(!doctype html|html|head|body)/);
  if (svg >= 0 && (page < 0 || svg < page)) return { kind: "unsupported", name: "SVG" };
  if (page >= 0) return { kind: "not-an-image", looksLike: "a web page" };
  if (/^[\t\r\n\x20-\x7e]+$/.test(start)) return { kind: "not-an-image", looksLike: "text" };
  return { kind: "not-an-image", looksLike: `unknown bytes (${bytes.subarray(0, 8).toString("hex")}…)` };
}

function isIcon(bytes: Buffer): boolean {
  const pictures = bytes.length > 22 ? bytes.readUInt16LE(4) : 0;
  return (
    at(bytes, 0, "\0\0") && (bytes[2] === 1 || bytes[2] === 2) && bytes[3] === 0 && pictures > 0 && pictures < 1024
  );
}

function isPcx(bytes: Buffer): boolean {
  if (bytes.length < 128 || bytes[0] !== 10 || (bytes[1] ?? 9) > 5 || bytes[2] !== 1) return false;
  return [1, 2, 4, 8].includes(bytes[3] ?? 0);
}

function starts(...magics: readonly string[]): Test {
  return (bytes) => magics.some((magic) => at(bytes, 0, magic));
}

function at(bytes: Buffer, offset: number, magic: string): boolean {
  return text(bytes, offset, offset + magic.length) === magic;
}

function text(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("latin1", Math.min(start, bytes.length), Math.min(end, bytes.length));
}
