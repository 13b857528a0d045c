import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelTable } from "../analysis/index.js";
import { UserError } from "../records/index.js";
import type { OpenedRun } from "./open-run.js";
import { replaceFile } from "./replace-file.js";

/** `scores/summary.json`: the table as `score --json` prints it. Derived; `score` makes it again. */
export async function writeScoreSummary(run: OpenedRun, table: ModelTable): Promise<void> {
  const path = join(run.store.path, "scores", "summary.json");
  try {
    await replaceFile(path, `${JSON.stringify(table)}\n`);
  } catch (error) {
    throw new UserError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Null where nothing was scored. */
export async function readScoreSummary(run: OpenedRun): Promise<ModelTable | null> {
  const path = join(run.store.path, "scores", "summary.json");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new UserError(`${path} cannot be read (${error.code})`);
  });
  if (text === null) return null;
  try {
    return JSON.parse(text) as ModelTable;
  } catch {
    throw new UserError(`${path} is not JSON; \`imagenet-think score\` writes it again`);
  }
}
