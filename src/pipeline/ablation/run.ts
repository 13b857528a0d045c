import { checkAblationTarget } from "../../export/index.js";
import { groupPictures } from "../near-duplicates.js";
import { type AblationOptions, planAblation } from "./plan.js";
import { type AblationDone, writeAblation } from "./write.js";

/**
 * Cuts a run into the arms of an experiment: parts, teachers and sizes on identical pictures, and a held-out set that no
 * arm sees in any form. The folder appears only when it is whole. `group` finds near-duplicates.
 */
export async function ablationRun(
  folder: string,
  options: AblationOptions,
  group: typeof groupPictures = groupPictures,
): Promise<AblationDone> {
  // Before the pictures are looked at, which may take long.
  await checkAblationTarget(options.to);
  return writeAblation(await planAblation(folder, options, group), options);
}
