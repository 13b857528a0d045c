import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AblationImage,
  type AblationManifest,
  ablationReadme,
  HELD_OUT_FOLDER,
  PICTURES_FOLDER,
  TRAINING_BATCH,
  writeAblationFolder,
  writeAblationImages,
  writeAblationManifest,
} from "../../export/index.js";
import { TOOL_VERSION } from "../../records/index.js";
import { openPixels } from "../open-pixels.js";
import { statusOf } from "../read-status.js";
import { groupOf, HELD_OUT } from "./held-out.js";
import type { AblationOptions, AblationPlan } from "./plan.js";
import { writeArms } from "./write-arms.js";
import { writeHeldOut } from "./write-held-out.js";
import { writePictures } from "./write-pictures.js";

/** Bits of a difference hash. */
const HASH_BITS = 64;

export interface AblationDone {
  readonly folder: string;
  readonly arms: readonly {
    readonly name: string;
    readonly images: number;
    readonly pairs: number;
    readonly steps: number;
  }[];
  readonly refused: AblationManifest["refused"];
  readonly heldOut: { readonly images: number; readonly pairs: number };
  /** Pictures in no arm and not held out, by reason in words. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** Writes a settled ablation, whole or not at all. */
export async function writeAblation(
  plan: AblationPlan,
  { to, withPixels, say, onArm }: AblationOptions,
): Promise<AblationDone> {
  const { run } = plan.experiment;
  const status = await statusOf(run.store, run.header);
  const pictures = await openPixels(run, withPixels);
  const { folder, made } = await writeAblationFolder(to, run.header.run8, async (working) => {
    const place = { status, pixels: pictures.read, say };
    const arms = await writeArms(plan, working, place, onArm);
    const heldOut = await writeHeldOut(plan, { ...place, to: join(working, HELD_OUT_FOLDER) });
    if (withPixels) await writePictures(plan, working, pictures.read);
    const images = await writeAblationImages(working, imageLines(plan));
    const manifest = await writeAblationManifest(working, { ...factsOf(plan, withPixels), heldOut, arms, images });
    await writeFile(join(working, "README.md"), ablationReadme(manifest));
    return manifest;
  }).finally(pictures.close);
  return {
    folder,
    arms: made.arms.map(({ name, images, pairs, budget }) => ({ name, images, pairs, steps: budget.steps })),
    refused: made.refused,
    heldOut: { images: made.heldOut.images, pairs: made.heldOut.pairs },
    leftOut: made.leftOut,
  };
}

function* imageLines({ experiment, order, isHeldOut, near, teachers }: AblationPlan): Generator<AblationImage> {
  const { run, common } = experiment;
  for (const [place, { id, class: name, fileName, sha256 }] of run.images.entries()) {
    if (!common.has(place)) continue;
    const turn = order.turnOf(place);
    yield {
      image_id: id,
      wnid: name,
      file_name: fileName,
      image_sha256: sha256 === "" ? null : sha256,
      difference_hash: near.pictures.get(id)?.hash ?? null,
      group: groupOf(near, id),
      split: isHeldOut(place) ? HELD_OUT : "train",
      rank: order.rankOf(place),
      turn: turn === null ? null : (teachers[turn] ?? null),
    };
  }
}

/** What the manifest says of the whole, but for what is known once it is written. */
function factsOf(plan: AblationPlan, withPixels: boolean) {
  const { experiment, trainer, base, teachers, near, groups, seed, budget, refused } = plan;
  const { run, counter, common } = experiment;
  const { rule, maxDistance } = near;
  return {
    toolVersion: TOOL_VERSION,
    run: { name: run.header.name, run8: run.header.run8 },
    trainer,
    base: base.model,
    teachers,
    seed,
    tokenizer: { name: counter.name, exact: counter.exact },
    nearDuplicates: { words: nearWords(maxDistance), hash: rule, bits: HASH_BITS, maxDistance, ...groups },
    budget: { kind: budget.kind, epochsOfBase: budget.epochs, batch: TRAINING_BATCH },
    pictures: { folder: PICTURES_FOLDER, included: withPixels },
    leftOut: common.leftOut,
    refused,
  };
}

function nearWords(maxDistance: number): string {
  return `Two pictures are near-duplicates where their ${HASH_BITS}-bit difference hashes differ in at most ${maxDistance} bits; a group holds all that hang together so, and is held out or trained on as a whole.`;
}
