import { randomBytes } from "node:crypto";
import { link, mkdir, open, rename, stat, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../records/index.js";
import { diskError, errorCode, isMissing } from "./disk-error.js";

/** Errors of file systems that have no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);
/** Errors of file systems whose folders cannot be synced. */
const NO_FOLDER_SYNC = new Set(["EINVAL", "EISDIR", "ENOTSUP", "EPERM", "EBADF"]);
const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/;

/** A name beside `path` that no reader of a run looks at. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/**
 * Puts `content` at `path` so that a reader has the old file or the new one, never a part; the disk after a power cut
 * too, where it is `synced`.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { synced }: { readonly synced: boolean } = { synced: true },
): Promise<void> {
  const temporary = temporaryName(path);
  try {
    if (synced) await writeSynced(temporary, content, "wx");
    else await writeFile(temporary, content, { flag: "wx" });
    await rename(temporary, path);
    if (synced) await syncFolder(dirname(path));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw diskError(error, path, "write");
  }
}

/** The same for a file that is derived from a run, making the folder it lies in. */
export async function putFile(path: string, content: string): Promise<void> {
  await makeFolder(dirname(path));
  await replaceFile(path, content);
}

/** Creates `path` with all of `content` in one step, or answers false where it exists already. Of several processes one wins. */
export async function createFile(path: string, content: string): Promise<boolean> {
  const temporary = temporaryName(path);
  try {
    await writeSynced(temporary, content, "wx");
    await linkOrCreate(temporary, path, content);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw diskError(error, path, "write");
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

async function linkOrCreate(temporary: string, path: string, content: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!NO_LINKS.has(errorCode(error) ?? "")) throw error;
    await writeSynced(path, content, "wx");
  }
}

async function writeSynced(path: string, content: string | Uint8Array, flags: string): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes names in a folder durable: a created, renamed or removed file is only safe after it. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(errorCode(error) ?? "")) throw error;
  } finally {
    await folder.close();
  }
}

/** Makes a folder and its parents, durably. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeEach(path);
  } catch (error) {
    throw diskError(error, path, "write");
  }
}

// Not `recursive: true`, which never ends where a file system answers ENOENT for a folder it will not make (/proc).
async function makeEach(path: string): Promise<void> {
  if (await isMade(path)) return;
  await makeEach(dirname(path));
  if (!(await isMade(path))) throw new UserError(`cannot write ${path}: its parent folder takes no new folder`);
}

/** False where the parent is missing. */
async function isMade(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST" && (await stat(path)).isDirectory()) return true;
    if (isMissing(error) && dirname(path) !== path) return false;
    throw error;
  }
}
