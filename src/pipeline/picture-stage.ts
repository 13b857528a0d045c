import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../records/index.js";

/** Pictures on their way into an export, each in a file named by its SHA-256, so that a second start finds them again. */
export interface PictureStage {
  readonly folder: string;
  has(sha256: string): Promise<boolean>;
  /** Under its own name only when it is whole. Throws a `UserError` where the disk is full or may not be written. */
  put(sha256: string, bytes: Buffer): Promise<void>;
  /** Throws a `UserError` where the bytes are no longer those that were put. */
  take(sha256: string): Promise<Buffer>;
  remove(): Promise<void>;
}

export function openPictureStage(folder: string): PictureStage {
  const pathOf = (sha256: string) => join(folder, sha256.slice(0, 2), sha256);
  return {
    folder,
    has: (sha256) =>
      access(pathOf(sha256)).then(
        () => true,
        () => false,
      ),
    async put(sha256, bytes) {
      const path = pathOf(sha256);
      const part = `${path}.${process.pid}.part`;
      try {
        await mkdir(dirname(path), { recursive: true });
        // Not synced: what a lost machine leaves torn here is found by its hash when it is taken.
        await writeFile(part, bytes);
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw new UserError(
          `a picture cannot be put into ${folder} (${(error as NodeJS.ErrnoException).code}); make room or name another folder with --to, then start the same line again`,
          { cause: error },
        );
      }
    },
    async take(sha256) {
      const bytes = await readFile(pathOf(sha256));
      if (createHash("sha256").update(bytes).digest("hex") === sha256) return bytes;
      await rm(pathOf(sha256), { force: true });
      throw new UserError(`a picture kept in ${folder} was damaged; start the same line again`);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
