import type { GateSpec, ImageFacts, PreparedPicture } from "../records/index.js";
import { encodeBase64 } from "./encode-base64.js";
import type { Inspection } from "./inspect-picture.js";
import { AS_IS, asItIs } from "./preparation.js";

// The picture library costs a tenth of a second to load, which a caller of this room's other doors should not pay.

/**
 * Judges a picture by its content, in this process: sizes, completeness, a full decode, measures. A bad picture is a
 * value. One at a time: beside others the reason it gives may be another picture's; the decode pool sees to that.
 */
export async function inspectPicture(bytes: Buffer, gate: GateSpec): Promise<Inspection> {
  return (await import("./inspect-picture.js")).inspectPicture(bytes, gate);
}

/** Makes a picture ready to be sent, as its facts say, in this process. Throws a `DecodeError`. */
export async function preparePicture(
  bytes: Buffer,
  facts: Pick<ImageFacts, "sha256" | "format" | "width" | "height" | "preparation">,
): Promise<PreparedPicture> {
  if (facts.preparation === AS_IS) return asItIs(encodeBase64(bytes), facts);
  return (await import("./prepare-picture.js")).preparePicture(bytes, facts);
}

/** RGB rows of 8 bit, upright, over white, at most `maxSide` pixels a side. Throws a `DecodeError`. */
export async function decodeForMeasuring(
  bytes: Buffer,
  maxSide: number,
): Promise<{ width: number; height: number; data: Uint8Array }> {
  return (await import("./prepare-picture.js")).decodeForMeasuring(bytes, maxSide);
}

/** A small JPEG for a page, upright, over white, at most `maxSide` pixels a side. Throws a `DecodeError`. */
export async function makeThumbnail(bytes: Buffer, maxSide: number): Promise<Buffer> {
  return (await import("./prepare-picture.js")).makeThumbnail(bytes, maxSide);
}
