import type { Metadata, SharpOptions } from "sharp";
import { DecodeError, NotAloneError } from "./decode-error.js";
import type { Pixels } from "./measure-pixels.js";
import { MAX_SOURCE_PIXELS } from "./picture-weight.js";
import { sharp } from "./sharp.js";

/** Above this the library scales down while it reads, so that a large picture never lies in memory whole. */
const WHOLE_PIXELS = 2 ** 22;
/** What such a picture is scaled down to, a side. */
const SCALED_SIDE = 1024;

/** Says that pixels are missing or wrong; the library's other warnings (odd profiles, unknown chunks) are not about pixels. */
const DAMAGE = /corrupt|premature|truncat|not enough|too much|unexpected end|bad |invalid frame|read error/i;
const STRAY = /extraneous bytes before marker/;
/** Says that the data end too early. */
const CUT = /premature end|truncat|not enough|unexpected end|end of (file|data|stream)/i;
/** Says that the picture may be whole, but in a way of storing it that this library does not know. */
const FOREIGN = /not (configured|supported|implemented)|unsupported (?!image format)/i;

/** Options for every reading of a picture that came from elsewhere. */
export function readingOptions(failOn: "none" | "error" | "warning"): SharpOptions {
  return { failOn, limitInputPixels: MAX_SOURCE_PIXELS, sequentialRead: true, pages: 1, unlimited: false };
}

/** The header as the library reads it. Throws a `DecodeError`, or a `NotAloneError` where it fails beside others. */
export async function describePicture(bytes: Buffer, alone: boolean): Promise<Metadata> {
  // The caller compares the size with the limit itself, to give the right reason.
  const options = { ...readingOptions("none"), limitInputPixels: false };
  return sharp(bytes, options)
    .metadata()
    .catch((error: unknown) => {
      throw alone ? toDecodeError(error) : new NotAloneError();
    });
}

export interface PictureToDecode {
  readonly pixels: number;
  readonly alpha: boolean;
  /** The header has bytes between its parts, whose mention is then no sign of damage. */
  readonly strayBytes: boolean;
  /** No other picture is worked on in this process meanwhile, so that the library's words are about this one. */
  readonly alone: boolean;
}

/**
 * Decodes the first frame whole, over white, without colour profile, as RGB. Throws a `DecodeError`, or a
 * `NotAloneError` where it fails beside others.
 */
export async function decodePixels(bytes: Buffer, picture: PictureToDecode): Promise<Pixels> {
  try {
    return await decode(bytes, picture, "warning");
  } catch (strict) {
    if (!picture.alone) throw new NotAloneError();
    const error = toDecodeError(strict);
    const harmless = picture.strayBytes && STRAY.test(error.message);
    if (DAMAGE.test(error.message) && !harmless) throw error;
    return await decode(bytes, picture, "error").catch((lenient: unknown) => {
      throw toDecodeError(lenient);
    });
  }
}

async function decode(bytes: Buffer, picture: PictureToDecode, failOn: "error" | "warning"): Promise<Pixels> {
  const pipeline = sharp(bytes, { ...readingOptions(failOn), ignoreIcc: true });
  if (picture.alpha) pipeline.flatten({ background: "#fff" });
  if (picture.pixels > WHOLE_PIXELS) pipeline.resize({ width: SCALED_SIDE, height: SCALED_SIDE, fit: "inside" });
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** The library's words in one line of at most 200 characters, with the reason they amount to. */
export function toDecodeError(error: unknown): DecodeError {
  const said = error instanceof Error ? error.message : String(error);
  const lines = said.replace(/^Input buffer has corrupt header:/, "").split("\n");
  const words = [...new Set(lines.map((line) => line.trim()).filter((line) => line !== ""))].join("; ");
  const message = words === "" ? "the decoder gives no reason" : words.slice(0, 200);
  if (FOREIGN.test(message)) return new DecodeError("unsupported-format", message);
  return new DecodeError(CUT.test(message) ? "truncated-file" : "undecodable", message);
}
