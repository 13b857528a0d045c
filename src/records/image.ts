import type { RejectionReason } from "./outcome.js";

/** `[A-Za-z0-9_-]{1,80}`: `<wnid>_<number>`, `p-` + 16 hex digits of its path, or `b-` + 16 hex digits of its bytes. */
export type ImageId = string;
export const IMAGE_ID = /^[A-Za-z0-9_-]{1,80}$/;

/** A WordNet noun id as ImageNet writes it. */
export const WNID = /^n\d{8}$/;

/**
 * Where a picture's bytes lie inside one of the recipe's sources. `path` is relative to that source's root, so a
 * run survives a moved folder. A tar member adds `offset` and `length` (bytes); a Parquet picture adds `row`.
 */
export interface Locator {
  /** Index into the recipe's `images`. */
  readonly source: number;
  readonly path: string;
  readonly offset?: number;
  readonly length?: number;
  readonly row?: number;
}

/** A picture as a source lists it, before anyone has looked at its bytes. */
export interface CatalogImage {
  readonly id: ImageId;
  /** A wnid, the name of the folder that holds it, or null in a flat folder. */
  readonly class: string | null;
  /** `<wnid>/<wnid>_<number>.JPEG` for ImageNet pictures, else the relative path. */
  readonly fileName: string;
  readonly locator: Locator;
}

/** What the bytes are. Anything else is refused as `unsupported-format`. */
export type ImageFormat = "jpeg" | "png" | "webp" | "gif" | "tiff";

/** What was measured on at most 256 pixels a side; null where it could not be. */
export interface ImageMeasures {
  /** Variance of the Laplacian of the grey picture: low is blurred. */
  readonly sharpness: number | null;
  /** Standard deviation of the grey picture, 0…127.5: near 0 is blank. */
  readonly contrast: number | null;
}

/** What the gate found in the bytes of an accepted picture. */
export interface ImageFacts {
  /** SHA-256 of the source bytes, hex. */
  readonly sha256: string;
  /** A quicker look at the same bytes at each sending (`checksumOf`); null where nobody took it, and their SHA-256 is taken. */
  readonly checksum: string | null;
  /** Size of the source bytes. */
  readonly bytes: number;
  readonly format: ImageFormat;
  /** Pixels, EXIF orientation applied, before any resizing. */
  readonly width: number;
  readonly height: number;
  /** `as-is/1` (sent byte for byte) or the name and version of what makes it plain at each sending. */
  readonly preparation: string;
  /** Why it needs that, e.g. `rotated`, `cmyk`, `16-bit`, `palette`, `alpha`, `animated`, `format`, `resized`; empty for `as-is`. */
  readonly made: readonly string[];
  readonly measures: ImageMeasures;
}

/** One line of the gate's journal. */
export interface Verdict {
  readonly id: ImageId;
  readonly class: string | null;
  readonly fileName: string;
  readonly locator: Locator;
  readonly accepted: ImageFacts | null;
  readonly rejected: { readonly reason: RejectionReason; readonly detail: string } | null;
}

/** An image of the sample: a row of `images.parquet`. */
export interface SampleImage extends CatalogImage, ImageFacts {
  /** Pictures of its class in the catalog for each one drawn of it. */
  readonly weight: number;
  /** Of a person class under `people: review`: marked in every table, kept out of the default export. */
  readonly review: boolean;
}

/** A picture that was drawn and turned away: a row of `rejected.parquet`. */
export interface RejectedImage extends CatalogImage {
  readonly reason: RejectionReason;
  readonly detail: string;
}

/** A picture ready to be sent. */
export interface PreparedPicture {
  /** Its bytes as base64 text in ASCII, as every server takes it. */
  readonly base64: Buffer;
  /** Bytes on either side of the text that belong to it and hold nothing; left out where there are none. */
  readonly room?: number;
  readonly mime: string;
  /** SHA-256 of its bytes, hex; equals the source's where nothing was done. */
  readonly sha256: string;
  /** Absolute path of a file that holds exactly these bytes; left out where there is none. */
  readonly file?: string;
}
