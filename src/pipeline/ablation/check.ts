import { type AblationManifest, openTokenCounter, readAblationManifest } from "../../export/index.js";
import { checkConfigs } from "./check-configs.js";
import { checkMedia } from "./check-media.js";
import { checkPictureList } from "./check-pictures.js";
import { checkArm, checkHeldOut } from "./check-rows.js";
import { checkSizes } from "./check-sizes.js";
import { type AblationFault, collectFaults } from "./faults.js";
import { noTexts } from "./row-faults.js";

export interface AblationCheckOptions {
  /** The tokenizer the ablation was counted with, where it was counted with one. */
  readonly tokenizer: string | null;
  readonly onProgress: (standing: { done: number; total: number | null }) => void;
}

export interface AblationCheck {
  /** Rows are null where they could not be read to the end. */
  readonly arms: readonly { readonly name: string; readonly rows: number | null }[];
  readonly heldOut: number | null;
  readonly faultCount: number;
  /** The first ones. */
  readonly faults: readonly AblationFault[];
  /** What this check could not prove, one sentence each. */
  readonly unproved: readonly string[];
}

/**
 * Proves that the arms of an ablation differ in nothing but what they shall: the same pictures by their ranks, one
 * held-out set that no arm has seen in any form, the same texts, the tokens and budgets that the manifest states, and
 * configurations that are equal but for what the arm is about. Throws a `UserError` where the folder is no ablation.
 */
export async function checkAblation(
  folder: string,
  { tokenizer, onProgress }: AblationCheckOptions,
): Promise<AblationCheck> {
  const manifest = await readAblationManifest(folder);
  const faults = collectFaults();
  const unproved: string[] = [];
  const pictures = await checkPictureList(folder, manifest, faults);
  const counter = await openCounter(manifest, tokenizer, unproved);
  const check = { folder, manifest, pictures, seen: noTexts(), counter, faults };
  const heldOut = await checkHeldOut(check);
  const arms: AblationCheck["arms"][number][] = [];
  for (const arm of manifest.arms) {
    onProgress({ done: arms.length, total: manifest.arms.length });
    arms.push({ name: arm.name, rows: await checkArm(check, arm) });
  }
  checkSizes(manifest, pictures, faults);
  await checkConfigs(folder, manifest, faults);
  if (!(await checkMedia(folder, manifest, pictures, faults))) {
    const { folder: media } = manifest.pictures;
    unproved.push(`the pictures are not inside yet: put them, or a link to them, at ${media} and check again`);
  }
  return { arms, heldOut, faultCount: faults.count(), faults: faults.first, unproved };
}

async function openCounter({ tokenizer: counted }: AblationManifest, path: string | null, unproved: string[]) {
  if (counted.exact && path === null) {
    unproved.push(
      `tokens were added up from the rows' own columns: --tokenizer counts them again with ${counted.name}`,
    );
    return null;
  }
  const counter = await openTokenCounter(path);
  if (counter.name === counted.name) return counter;
  unproved.push(`tokens were not counted again: the ablation was counted with ${counted.name}, not ${counter.name}`);
  return null;
}
