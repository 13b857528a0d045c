import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AblationArm,
  type AblationImage,
  type AblationManifest,
  ablationReadme,
  HELD_OUT_FOLDER,
  openMedia,
  PICTURES_FOLDER,
  PIXEL_TERMS,
  safeLength,
  TRAINING_BATCH,
  writeAblationFolder,
  writeAblationImages,
  writeAblationManifest,
} from "../export/index.js";
import { TOOL_VERSION } from "../records/index.js";
import type { PlannedArm } from "./ablation-arms.js";
import { budgetOf } from "./ablation-budget.js";
import { CONFIG_OF, planExport } from "./ablation-export.js";
import { groupOf, HELD_OUT } from "./ablation-held-out.js";
import type { AblationOptions, AblationPlan } from "./ablation-plan.js";
import type { ExperimentPart } from "./ablation-view.js";
import { openPixels } from "./open-pixels.js";
import { toExportImage } from "./outgoing-rows.js";
import { statusOf } from "./read-status.js";
import { type OutgoingPlace, writeOutgoing } from "./write-outgoing.js";

const ARMS_FOLDER = "arms";
/** Bits of a difference hash. */
const HASH_BITS = 64;
const TRAIN_SPLIT = "train";
/** From the folder of an arm to that of the pictures. */
const TO_PICTURES = `../../${PICTURES_FOLDER}`;
/** What other tools take for the split that nobody trains on. */
const HELD_OUT_SPLIT = "test";

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

/** Writes the export of every arm with its trainer's configuration. */
async function writeArms(
  plan: AblationPlan,
  working: string,
  place: Omit<OutgoingPlace, "to">,
  onArm: AblationOptions["onArm"],
): Promise<readonly AblationArm[]> {
  const { experiment, order, budget, base, seed } = plan;
  const [first] = plan.arms;
  if (first === undefined) throw new Error("an ablation has a base arm");
  const sizeOf = (arm: PlannedArm) => ({ pairs: arm.pairs, tokens: plan.tokens.ofPart(partOf(plan, arm)).text });
  const sizeOfBase = sizeOf(first);
  // One length for all arms, so that it is no second difference between them: the base arm holds the longest texts.
  const { counts } = await planExport(experiment, partOf(plan, first), TRAIN_SPLIT);
  const maxLength = safeLength(counts.lengths);
  const arms: AblationArm[] = [];
  for (const arm of plan.arms) {
    const { name, factors, differs, parts, pairing, share, images, pairs } = arm;
    const spent = budgetOf(sizeOf(arm), sizeOfBase, budget.kind, budget.epochs);
    const training = { ...base, steps: spent.steps, maxLength, seed, pictures: TO_PICTURES };
    const folder = `${ARMS_FOLDER}/${name}`;
    const outgoing = await planExport(experiment, partOf(plan, arm), TRAIN_SPLIT);
    await writeOutgoing(experiment.run, { ...outgoing, training }, { ...place, to: join(working, folder) });
    arms.push({
      name,
      folder,
      factors,
      differs,
      parts,
      teachers: outgoing.exported.teachers,
      pairing,
      share,
      images,
      pairs,
      emptyClasses: order.emptyClasses(images),
      tokens: plan.tokens.ofPart(partOf(plan, arm)),
      budget: spent,
      maxLength,
      config: CONFIG_OF[plan.trainer],
    });
    onArm({ done: arms.length, total: plan.arms.length });
  }
  return arms;
}

/** An arm as a part of the experiment, with why the rest is not in it. */
function partOf({ isHeldOut, order }: AblationPlan, arm: PlannedArm): ExperimentPart {
  return {
    ...arm,
    whyNot(place) {
      if (isHeldOut(place)) return "held-out";
      return (order.rankOf(place) ?? 0) < arm.images ? "turn" : "unselected";
    },
  };
}

/** Writes the held-out pictures with all that was said of them, and no configuration, since nobody trains on them. */
async function writeHeldOut(plan: AblationPlan, place: OutgoingPlace): Promise<AblationManifest["heldOut"]> {
  const { experiment, teachers, isHeldOut, near, share } = plan;
  const { run, common } = experiment;
  const places = [...run.images.keys()].filter((at) => common.has(at) && isHeldOut(at));
  const outgoing = await planExport(
    experiment,
    {
      parts: "both",
      teachers: [...teachers.keys()],
      has: (at) => common.has(at) && isHeldOut(at),
      whyNot: () => "trained-on",
    },
    HELD_OUT_SPLIT,
  );
  await writeOutgoing(run, { ...outgoing, training: null }, place);
  const groups = new Set(places.map((at) => groupOf(near, run.images[at]?.id ?? "")));
  return { share, folder: HELD_OUT_FOLDER, images: places.length, pairs: outgoing.counts.pairs, groups: groups.size };
}

/** Writes the pictures of all arms and of the held-out set once, with their terms. */
async function writePictures(
  { experiment: { run, common } }: AblationPlan,
  working: string,
  pixels: OutgoingPlace["pixels"],
): Promise<void> {
  const folder = join(working, PICTURES_FOLDER);
  await mkdir(folder);
  await writeFile(join(folder, "TERMS.md"), PIXEL_TERMS);
  const media = openMedia(folder, pixels);
  for (const [place, image] of run.images.entries()) if (common.has(place)) await media.put(toExportImage(image));
  await media.finish();
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
