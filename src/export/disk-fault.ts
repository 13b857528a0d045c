import { UserError } from "../records/index.js";

const FULL: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "a file grew past the size limit of this process or file system",
};
const BARRED: Readonly<Record<string, string>> = {
  EACCES: "the folder may not be written",
  EPERM: "the folder may not be written",
  EROFS: "the disk is read-only",
  EBUSY: "the folder is a mount point or in use, so it cannot be replaced by rename",
  EXDEV: "the folder is a mount point, so it cannot be replaced by rename",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "a part of the path is a file",
  ENAMETOOLONG: "the name is too long",
};

/** A full disk as a sentence for a person; anything else as it is. */
export function explainFullDisk(error: unknown, target: string): unknown {
  return explain(error, FULL, target, "make room or name another disk with --to");
}

/** A folder that cannot be made or moved as a sentence for a person; anything else as it is. */
export function explainFolder(error: unknown, target: string): unknown {
  const full = explainFullDisk(error, target);
  return explain(full, BARRED, target, "name another folder with --to");
}

function explain(error: unknown, known: Readonly<Record<string, string>>, target: string, advice: string): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const what = known[(error as NodeJS.ErrnoException).code ?? ""];
  if (what === undefined) return error;
  return new UserError(`the export to ${target} was given up: ${what}; nothing was changed there; ${advice}`, {
    cause: error,
  });
}
