import { createHash } from "node:crypto";
import { type SampleImage, type Source, UserError } from "../records/index.js";
import { checksumOf } from "./checksum.js";

/** What is needed to read a picture and to know it again. */
export type WantedImage = Pick<SampleImage, "id" | "locator" | "sha256" | "checksum">;

/** The source's bytes are no longer those the gate saw: the cell is `failed`, `image-changed`. */
export class ImageChangedError extends Error {
  override readonly name: string = "ImageChangedError";
}

/** They are not there any more. */
export class ImageGoneError extends ImageChangedError {
  override readonly name = "ImageGoneError";
}

/** What a file system says of one file. Any other code (too many open files, a disk or a mount in trouble) says nothing of the picture. */
const OF_THE_FILE = new Set(["ENOENT", "ENOTDIR", "EISDIR", "EACCES", "EPERM", "ELOOP", "ENAMETOOLONG", "ENXIO"]);

/**
 * Reads a picture of the sample and checks that its bytes are those the gate wrote down. Throws an `ImageChangedError`
 * where it is another one now, an `ImageGoneError` where it is gone or no file that can be read any more, and a
 * `UserError` where this machine cannot read it at present: that may pass, so it must not be held against the picture.
 */
export async function readUnchanged(source: Source, image: WantedImage): Promise<Buffer> {
  const { source: _, ...place } = image.locator;
  const bytes = await source.read(place).catch((error: unknown) => {
    throw readingError(image.id, error);
  });
  // Verdicts from before there was one lack it.
  if (image.checksum && checksumOf(bytes) === image.checksum) return bytes;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 === image.sha256) return bytes;
  throw new ImageChangedError(
    `${image.id} has changed since the gate: its SHA-256 was ${image.sha256.slice(0, 12)}… and is ${sha256.slice(0, 12)}…`,
  );
}

function readingError(id: string, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const code = systemCode(error instanceof UserError ? error.cause : error);
  if (code === null || OF_THE_FILE.has(code)) {
    return new ImageGoneError(`${id} can no longer be read: ${message}`, { cause: error });
  }
  return error instanceof UserError ? error : new UserError(`${id} cannot be read: ${message}`, { cause: error });
}

function systemCode(error: unknown): string | null {
  return error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : null;
}
