import { createHash } from "node:crypto";
import type { ResizeOptions, Sharp } from "sharp";
import type { ImageFacts, PreparedPicture } from "../records/index.js";
import { readingOptions, toDecodeError } from "./decode-picture.js";
import { encodeBase64 } from "./encode-base64.js";
import { sniffFormat } from "./picture-format.js";
import { AS_IS, asItIs, pixelLimitOf, plainSize } from "./preparation.js";
import { sharp } from "./sharp.js";

const PLAIN_QUALITY = 95;
const THUMBNAIL_QUALITY = 75;

/**
 * Makes a picture ready to be sent, as its facts say: byte for byte, or as a plain JPEG: upright, first frame, 8 bit,
 * sRGB (grey stays grey), over white, within the pixel limit, without metadata. Same bytes in, same bytes out.
 * Throws a `DecodeError` where the bytes are not what the gate saw.
 */
export async function preparePicture(
  bytes: Buffer,
  facts: Pick<ImageFacts, "sha256" | "format" | "width" | "height" | "preparation">,
): Promise<PreparedPicture> {
  if (facts.preparation === AS_IS) return asItIs(encodeBase64(bytes), facts);
  const limit = pixelLimitOf(facts.preparation);
  const size = limit === null ? null : plainSize(facts.width, facts.height, limit);
  const made = await makeJpeg(bytes, size === null ? null : { ...size, fit: "fill" }, PLAIN_QUALITY);
  return { base64: encodeBase64(made), mime: "image/jpeg", sha256: createHash("sha256").update(made).digest("hex") };
}

/** A small JPEG of the picture for a page, upright and over white, at most `maxSide` pixels a side. Throws a `DecodeError`. */
export async function makeThumbnail(bytes: Buffer, maxSide: number): Promise<Buffer> {
  return makeJpeg(
    bytes,
    { width: maxSide, height: maxSide, fit: "inside", withoutEnlargement: true },
    THUMBNAIL_QUALITY,
  );
}

/**
 * Decodes a picture to RGB rows of 8 bit, upright and over white, at most `maxSide` pixels a side. Refuses what the
 * gate would not take; throws a `DecodeError` that says why.
 */
export async function decodeForMeasuring(
  bytes: Buffer,
  maxSide: number,
): Promise<{ width: number; height: number; data: Uint8Array }> {
  const open = openerOf(bytes);
  const { data, info } = await open()
    .resize({ width: maxSide, height: maxSide, fit: "inside", withoutEnlargement: true })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw toDecodeError(error);
    });
  return { width: info.width, height: info.height, data: info.channels === 3 ? data : greyToRgb(data, info.channels) };
}

async function makeJpeg(bytes: Buffer, resize: ResizeOptions | null, quality: number): Promise<Buffer> {
  const open = openerOf(bytes);
  try {
    const { space } = await open().metadata();
    const picture = open().toColourspace(space === "b-w" || space === "grey16" ? "b-w" : "srgb");
    if (resize !== null) picture.resize(resize);
    // Optimal Huffman tables would save a twentieth of the bytes and hold the whole picture in memory.
    return await picture.jpeg({ quality, chromaSubsampling: "4:4:4", optimizeCoding: false }).toBuffer();
  } catch (error) {
    throw toDecodeError(error);
  }
}

/** A whitelist by content stands before the library, which would also draw SVG and open other formats. */
function openerOf(bytes: Buffer): () => Sharp {
  const sniffed = sniffFormat(bytes);
  if (sniffed.kind !== "accepted") throw toDecodeError(new Error("not a picture of a format that is taken"));
  return () => sharp(bytes, readingOptions("error")).autoOrient().flatten({ background: "#fff" });
}

function greyToRgb(grey: Uint8Array, channels: number): Uint8Array {
  const pixels = grey.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) rgb.fill(grey[i * channels] ?? 0, 3 * i, 3 * i + 3);
  return rgb;
}
