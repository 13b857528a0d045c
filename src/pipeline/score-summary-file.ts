import { join } from "node:path";
import type { ModelTable } from "../analysis/index.js";
import { UserError } from "../records/index.js";
import { putFile, readTextOrNull } from "../store/index.js";
import type { OpenedRun } from "./open-run.js";

/** `scores/summary.json`: the table as `score --json` prints it. Derived; `score` makes it again. */
export async function writeScoreSummary(run: OpenedRun, table: ModelTable): Promise<void> {
  const path = join(run.store.path, "scores", "summary.json");
  await putFile(path, `${JSON.stringify(table)}\n`);
}

/** Null where nothing was scored. */
export async function readScoreSummary(run: OpenedRun): Promise<ModelTable | null> {
  const path = join(run.store.path, "scores", "summary.json");
  const text = await readTextOrNull(path);
  if (text === null) return null;
  try {
    return JSON.parse(text) as ModelTable;
  } catch {
    throw new UserError(`${path} is not JSON; \`imagenet-think score\` writes it again`);
  }
}
