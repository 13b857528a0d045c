import { createHash } from "node:crypto";
import type { Metadata } from "sharp";
import type { GateSpec, ImageFacts, ImageFormat, ImageMeasures, RejectionReason } from "../records/index.js";
import { checksumOf } from "./checksum.js";
import { saysSrgb } from "./colour-profile.js";
import { DecodeError } from "./decode-error.js";
import { decodePixels, describePicture } from "./decode-picture.js";
import { measurePixels } from "./measure-pixels.js";
import { sniffFormat } from "./picture-format.js";
import { type PictureHeader, readHeader } from "./picture-header.js";
import { MAX_SOURCE_PIXELS } from "./picture-weight.js";
import { AS_IS, plainJpeg, plainSize } from "./preparation.js";

/** What the gate says of one picture: exactly one of the two is set. */
export type Inspection =
  | { readonly accepted: ImageFacts; readonly rejected: null }
  | { readonly accepted: null; readonly rejected: { readonly reason: RejectionReason; readonly detail: string } };

/** What a picture is, before its pixels are looked at. */
interface Description {
  readonly width: number;
  readonly height: number;
  readonly made: readonly string[];
}

/**
 * Judges a picture by its content alone. The order is: first bytes, sizes in the header, completeness, a full decode,
 * measures on the decoded pixels; so a bomb is turned away before a pixel of it is made. A bad picture is a value,
 * never an exception, but where `alone` is false: a picture that the library fails on beside others is a `NotAloneError`.
 */
export async function inspectPicture(bytes: Buffer, gate: GateSpec, alone = true): Promise<Inspection> {
  if (bytes.length === 0) return reject("empty-file", "0 bytes");
  const sniffed = sniffFormat(bytes);
  if (sniffed.kind === "unsupported") return reject("unsupported-format", `${sniffed.name} by its content`);
  if (sniffed.kind === "not-an-image") return reject("not-an-image", `looks like ${sniffed.looksLike}`);

  const header = readHeader(bytes, sniffed.format);
  const early = checkHeader(header, gate);
  if (early !== null) return early;
  try {
    const described = header.plain ? describePlain(header) : await describe(bytes, sniffed.format, header, alone);
    if ("rejected" in described) return described;
    const outside = checkSize(described.width, described.height, gate);
    if (outside !== null) return outside;
    const { width, height } = described;
    const pixels = await decodePixels(bytes, {
      pixels: width * height,
      alpha: described.made.includes("alpha"),
      strayBytes: header.strayBytes,
      alone,
    });
    return judge(bytes, sniffed.format, described, measurePixels(pixels), gate);
  } catch (error) {
    if (error instanceof DecodeError) return reject(error.reason, error.message);
    throw error;
  }
}

function judge(
  bytes: Buffer,
  format: ImageFormat,
  described: Description,
  measures: ImageMeasures,
  gate: GateSpec,
): Inspection {
  const { width, height } = described;
  const { contrast, sharpness } = measures;
  if (gate.blank !== null && contrast !== null && contrast < gate.blank) {
    return reject("blank", `contrast ${contrast.toFixed(2)} is below ${gate.blank}`);
  }
  if (gate.blur !== null && sharpness !== null && sharpness < gate.blur) {
    return reject("blurred", `sharpness ${sharpness.toFixed(2)} is below ${gate.blur}`);
  }
  const resized = plainSize(width, height, gate.maxPixels) !== null;
  const made = resized ? [...described.made, "resized"] : described.made;
  const preparation = made.length === 0 ? AS_IS : plainJpeg(resized ? gate.maxPixels : null);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return {
    accepted: {
      sha256,
      checksum: checksumOf(bytes),
      bytes: bytes.length,
      format,
      width,
      height,
      preparation,
      made,
      measures,
    },
    rejected: null,
  };
}

function checkHeader(header: PictureHeader, gate: GateSpec): Inspection | null {
  const { width, height, end } = header;
  const outside = width === null || height === null ? null : checkSize(width, height, gate);
  if (outside !== null) return outside;
  if (end === "cut") return reject("truncated-file", "the file ends before the picture does");
  if (end === "broken") return reject("undecodable", "its parts do not fit together");
  return null;
}

function checkSize(width: number, height: number, gate: GateSpec): Inspection | null {
  const size = `${width}×${height} pixels`;
  if (width * height > MAX_SOURCE_PIXELS) return reject("too-large", `${size}, more than ${MAX_SOURCE_PIXELS} in all`);
  if (Math.min(width, height) < gate.minSide) {
    return reject("too-small", `${size}, the shorter side is below ${gate.minSide}`);
  }
  return null;
}

function describePlain(header: PictureHeader): Description {
  return { width: header.width ?? 0, height: header.height ?? 0, made: [] };
}

/** Asks the library for what the own look at the header does not tell: orientation, colours, depth, frames. */
async function describe(
  bytes: Buffer,
  format: ImageFormat,
  header: PictureHeader,
  alone: boolean,
): Promise<Description | Inspection> {
  const metadata = await describePicture(bytes, alone);
  const { width, height } = metadata.autoOrient;
  if (!["uchar", "ushort"].includes(metadata.depth)) {
    return reject("unsupported-format", `its samples are of type ${metadata.depth}, whose range nobody states`);
  }
  if (metadata.space === "multiband") {
    return reject("unsupported-format", `${metadata.channels} channels whose meaning is not known`);
  }
  return { width, height, made: whatMustBeMade(metadata, format, header) };
}

/** Everything that keeps a picture from being sent as it is, in a fixed order. */
function whatMustBeMade(metadata: Metadata, format: ImageFormat, header: PictureHeader): string[] {
  const bits = metadata.depth === "ushort" ? 16 : (metadata.bitsPerSample ?? 8);
  const made: string[] = [];
  if (format !== "jpeg" && format !== "png") made.push("format");
  if ((metadata.orientation ?? 1) > 1) made.push("rotated");
  if (metadata.space === "cmyk") made.push("cmyk");
  else if (!isPlainSpace(metadata)) made.push("colour-space");
  if (metadata.isPalette) made.push("palette");
  else if (bits !== 8) made.push(`${bits}-bit`);
  if (metadata.hasAlpha) made.push("alpha");
  if (header.animated || (metadata.pages ?? 1) > 1) made.push(format === "tiff" ? "multi-page" : "animated");
  return made;
}

function isPlainSpace({ space, icc }: Metadata): boolean {
  if (!["srgb", "rgb16", "b-w", "grey16"].includes(space)) return false;
  return icc === undefined || saysSrgb(icc);
}

function reject(reason: RejectionReason, detail: string): Inspection & { readonly accepted: null } {
  return { accepted: null, rejected: { reason, detail } };
}
