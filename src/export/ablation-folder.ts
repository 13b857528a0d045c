import { readdir } from "node:fs/promises";
import { UserError } from "../records/index.js";
import { explainFolder, explainFullDisk } from "./disk-fault.js";
import { openExportFolder } from "./export-folder.js";
import { syncFiles, syncFolders } from "./folder-files.js";

/** Throws a `UserError` where a folder is not empty: an earlier ablation is the ground of results, so it is never replaced. */
export async function checkAblationTarget(to: string): Promise<void> {
  const entries = await readdir(to).catch(() => []);
  if (entries.length === 0) return;
  throw new UserError(
    `--to ${to} is not empty (${entries.length} entries); name a new folder, or move that one away first`,
  );
}

/**
 * Fills a folder that nobody sees until it is finished, and gives its absolute path with what `fill` made. Throws a `UserError` where `to` is
 * a file or a folder that is not empty, cannot be written, or the disk is full; nothing is left behind then. What a
 * killed start left is removed by the next one.
 */
export async function writeAblationFolder<T>(
  to: string,
  run8: string,
  fill: (working: string) => Promise<T>,
): Promise<{ readonly folder: string; readonly made: T }> {
  await checkAblationTarget(to);
  const folder = await openExportFolder(to, run8).catch((error: unknown) => {
    throw explainFolder(error, to);
  });
  try {
    const made = await fill(folder.working);
    await syncFiles(folder.working);
    await syncFolders(folder.working);
    await folder.publish();
    return { folder: folder.target, made };
  } catch (error) {
    await folder.discard();
    throw explainFolder(innermost(error), folder.target);
  }
}

/** A fault of the disk inside one of the exports speaks of a hidden folder; it is explained anew for the whole one. */
function innermost(error: unknown): unknown {
  const cause = error instanceof UserError ? error.cause : undefined;
  return explainFullDisk(cause, "") instanceof UserError ? cause : error;
}
