import { UserError } from "../records/index.js";

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "free some space and start the same line again",
  EDQUOT: "free some of your quota and start the same line again",
  EFBIG: "raise the file-size limit (ulimit -f) and start the same line again",
  EACCES: "check its permissions or choose another folder",
  EPERM: "check its permissions or choose another folder",
  EROFS: "choose a folder on a file system that can be written",
  ENOTDIR: "a part of this path is a file; choose another folder",
  EISDIR: "a folder stands where a file should be; move it away",
  EMFILE: "raise the limit of open files (ulimit -n)",
  EIO: "look at the disk's health, then start the same line again",
};

/** A system error as a sentence for a person: the path, the system's words, what to try. Anything else comes back as it is. */
export function diskError(error: unknown, path: string, doing: "read" | "write"): unknown {
  const code = errorCode(error);
  if (code === null || !(error instanceof Error)) return error;
  const hint = HINTS[code];
  return new UserError(`cannot ${doing} ${path}: ${error.message}${hint === undefined ? "" : `; ${hint}`}`, {
    cause: error,
  });
}

/** The code of a system error (`ENOSPC`), null for any other value. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === "ENOENT";
}
