import { join } from "node:path";
import { type AblationArm, type AblationTrainer, PICTURES_FOLDER, safeLength } from "../../export/index.js";
import type { Training } from "../../records/index.js";
import { positionsOf } from "../settle-cells.js";
import { type OutgoingPlace, writeOutgoing } from "../write-outgoing.js";
import type { PlannedArm } from "./arms.js";
import { budgetOf } from "./budget.js";
import { planExport } from "./export.js";
import type { AblationOptions, AblationPlan } from "./plan.js";
import { cutRows, type WrittenBase } from "./rows.js";
import type { ExperimentPart } from "./view.js";

const ARMS_FOLDER = "arms";
const SPLIT = "train";
/** From the folder of an arm to that of the pictures. */
const TO_PICTURES = `../../${PICTURES_FOLDER}`;
/** The configuration that an exporter writes for its trainer. */
const CONFIG_OF: Readonly<Record<AblationTrainer, string>> = {
  "llama-factory": "train.yaml",
  trl: "train.py",
  "ms-swift": "train.sh",
};

/** Writes the export of every arm with its trainer's configuration, the base arm first. */
export async function writeArms(
  plan: AblationPlan,
  working: string,
  place: Omit<OutgoingPlace, "to">,
  onArm: AblationOptions["onArm"],
): Promise<readonly AblationArm[]> {
  const { experiment, order, trainer } = plan;
  const trainingOf = await openTraining(plan);
  let base: WrittenBase | null = null;
  const arms: AblationArm[] = [];
  for (const arm of plan.arms) {
    const part = partOf(plan, arm);
    const written = base;
    const outgoing = await planExport(experiment, part, SPLIT);
    const rows = written === null ? outgoing.rows : () => cutRows(written, part);
    const { budget, training } = trainingOf(arm);
    const folder = `${ARMS_FOLDER}/${arm.name}`;
    const to = join(working, folder);
    await writeOutgoing(experiment.run, { ...outgoing, rows, training }, { ...place, to });
    const { exporter, run } = experiment;
    base ??= { exporter, folder: to, options: outgoing.exported, positions: positionsOf(run.images) };
    arms.push({
      ...describe(arm),
      folder,
      teachers: outgoing.exported.teachers,
      emptyClasses: order.emptyClasses(arm.images),
      tokens: plan.tokens.ofPart(part),
      budget,
      maxLength: training.maxLength,
      config: CONFIG_OF[trainer],
    });
    onArm({ done: arms.length, total: plan.arms.length });
  }
  return arms;
}

/** What the trainer of each arm is told: all the same, but for the steps of a budget of tokens. */
async function openTraining(plan: AblationPlan) {
  const { experiment, base, seed, tokens, budget } = plan;
  const [first] = plan.arms;
  if (first === undefined) throw new Error("an ablation has a base arm");
  const { counts } = await planExport(experiment, partOf(plan, first), SPLIT);
  // The base arm holds the longest texts; one length for all arms is no second difference between them.
  const maxLength = safeLength(counts.lengths);
  const sizeOf = (arm: PlannedArm) => ({ pairs: arm.pairs, tokens: tokens.ofPart(partOf(plan, arm)).text });
  const sizeOfBase = sizeOf(first);
  return (arm: PlannedArm) => {
    const spent = budgetOf(sizeOf(arm), sizeOfBase, budget.kind, budget.epochs);
    const training: Training = { ...base, steps: spent.steps, maxLength, seed, pictures: TO_PICTURES };
    return { budget: spent, training };
  };
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

function describe({ name, factors, differs, parts, pairing, share, images, pairs }: PlannedArm) {
  return { name, factors, differs, parts, pairing, share, images, pairs };
}
