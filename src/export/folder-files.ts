import { createHash } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";

export interface HashedFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Files that are synced and hashed together; one by one, many small ones only wait for the disk. */
const FILES_AT_ONCE = 8;

/** Files below a folder, relative with `/`, sorted by code unit. */
export function listFiles(folder: string): Promise<string[]> {
  return list(folder, (entry) => !entry.isDirectory());
}

/** Puts every file below a folder on the disk for good and says what it holds, sorted by path. */
export async function syncFiles(folder: string): Promise<HashedFile[]> {
  const paths = await listFiles(folder);
  const files: HashedFile[] = new Array(paths.length);
  let next = 0;
  const work = async () => {
    for (let at = next++; at < paths.length; at = next++) {
      const path = paths[at] ?? "";
      const full = join(folder, path);
      await syncPath(full);
      files[at] = { path, ...(await hashFile(full)) };
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, work));
  return files;
}

/** Makes the entries of a folder and of all folders below it last. */
export async function syncFolders(folder: string): Promise<void> {
  const below = await list(folder, (entry) => entry.isDirectory());
  for (const path of [...below, "."]) await syncPath(join(folder, path));
}

/** fsync of a file or a folder. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Size and SHA-256 of a file. */
export async function hashFile(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

async function list(folder: string, wanted: (entry: Dirent) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter(wanted)
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}
