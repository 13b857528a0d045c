import type { ImageFacts, PreparedPicture } from "../records/index.js";

/** The source's own bytes are sent. */
export const AS_IS = "as-is/1";

/** A picture that goes out byte for byte; `base64` is the text of its bytes, with `room` round it. */
export function asItIs(base64: Buffer, facts: Pick<ImageFacts, "sha256" | "format">, room = 0): PreparedPicture {
  return { base64, room, mime: `image/${facts.format}`, sha256: facts.sha256 };
}

const PLAIN_JPEG = "plain-jpeg/1";
/** JPEG holds no more pixels a side. */
const MAX_JPEG_SIDE = 65_535;

/**
 * The name and version of making a picture plain: `plain-jpeg/1`, or `plain-jpeg/1/<pixels>` where it is scaled down
 * too, because another limit makes other bytes and so another question.
 */
export function plainJpeg(maxPixels: number | null): string {
  return maxPixels === null ? PLAIN_JPEG : `${PLAIN_JPEG}/${maxPixels}`;
}

/** The pixel limit a preparation's name holds, null where nothing is scaled. Throws on a name this version does not know. */
export function pixelLimitOf(preparation: string): number | null {
  if (preparation === PLAIN_JPEG) return null;
  const limit = preparation.startsWith(`${PLAIN_JPEG}/`) ? preparation.slice(PLAIN_JPEG.length + 1) : "";
  if (!/^[1-9]\d{0,15}$/.test(limit)) throw new Error(`unknown preparation ${preparation}`);
  return Number(limit);
}

/** The size a picture is scaled down to, aspect kept, to hold at most `maxPixels`; null where it fits as it is. */
export function plainSize(width: number, height: number, maxPixels: number): { width: number; height: number } | null {
  const scale = Math.min(Math.sqrt(maxPixels / (width * height)), MAX_JPEG_SIDE / Math.max(width, height));
  if (scale >= 1) return null;
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
}
