import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { UserError } from "../records/index.js";
import { quoteName } from "./listing-rules.js";

/** No picture is larger; a file that claims to be is turned away before memory is taken for it. */
export const MAX_PICTURE_BYTES = 512 * 1024 * 1024;

/** Bytes of a file, from `offset`. */
export interface FilePart {
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads a file, or `length` bytes of it from `offset`. Throws a `UserError` that names the file where it is missing,
 * unreadable, shorter than asked for, not a regular file, or larger than any picture.
 */
export async function readFilePart(path: string, part?: FilePart): Promise<Buffer> {
  // A pipe in the file's place would otherwise block the opening for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw fileError(path, error);
  });
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new UserError(`${quoteName(path)} is not a regular file; name a picture or an archive`);
    const { offset, length } = part ?? { offset: 0, length: facts.size };
    if (length > MAX_PICTURE_BYTES) {
      throw new UserError(
        `${quoteName(path)} holds ${length} bytes at ${offset}, more than the 512 MiB a picture may have`,
      );
    }
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) {
        throw new UserError(
          `${quoteName(path)} ends before byte ${offset + length}; it has changed since it was listed`,
        );
      }
      filled += bytesRead;
    }
    return bytes;
  } catch (error) {
    throw error instanceof UserError ? error : fileError(path, error);
  } finally {
    await file.close();
  }
}

/** A path below `root`. Throws a `UserError` on one that would leave it. */
export function pathInside(root: string, relative: string): string {
  if (isAbsolute(relative) || relative.includes("\0") || relative.split("/").includes("..")) {
    throw new UserError(`${quoteName(relative)} is not a path inside ${quoteName(root)}; draw the sample again`);
  }
  return join(root, relative);
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist; check the path",
  ENOTDIR: "has a file where a folder should be; check the path",
  EISDIR: "is a folder, not a file; check the path",
  EACCES: "may not be read; give this user permission",
  EPERM: "may not be read; give this user permission",
  ELOOP: "is a link that leads back to itself; mend or remove it",
  ENAMETOOLONG: "has a name that is too long for this system",
  EMFILE: "cannot be opened, too many files are open; raise the limit with `ulimit -n`",
  ENXIO: "is not a regular file; name a picture or an archive",
  EIO: "cannot be read, the disk reports an error; check the disk or the network mount",
};

/** A file system error as one sentence that names the path and what to try. */
export function fileError(path: string, error: unknown): UserError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const words = WORDS[code] ?? `cannot be read (${code || String(error)}); check the path and its disk`;
  return new UserError(`${quoteName(path)} ${words}`, { cause: error });
}
