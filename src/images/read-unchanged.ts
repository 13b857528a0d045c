import { createHash } from "node:crypto";
import type { SampleImage, Source } from "../records/index.js";

/** The source's bytes are no longer those the gate saw: the cell is `failed`, `image-changed`. */
export class ImageChangedError extends Error {
  override readonly name = "ImageChangedError";
}

/**
 * Reads a picture of the sample and checks it against the hash the gate wrote down. Throws an `ImageChangedError`
 * where it is another one now, and what `Source.read` throws where it cannot be read.
 */
export async function readUnchanged(
  source: Source,
  image: Pick<SampleImage, "id" | "locator" | "sha256">,
): Promise<Buffer> {
  const { source: _, ...place } = image.locator;
  const bytes = await source.read(place);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 === image.sha256) return bytes;
  throw new ImageChangedError(
    `${image.id} has changed since the gate: its SHA-256 was ${image.sha256.slice(0, 12)}… and is ${sha256.slice(0, 12)}…`,
  );
}
