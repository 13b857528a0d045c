import {
  type AblationManifest,
  type AblationTrainer,
  BUDGET_KINDS,
  type BudgetKind,
  exporterNamed,
  openTokenCounter,
} from "../../export/index.js";
import { type ModelSpec, suggestName, UsageError, UserError } from "../../records/index.js";
import type { groupPictures, NearDuplicates } from "../near-duplicates.js";
import { needImages, openRun } from "../open-run.js";
import type { OutgoingChoice } from "../outgoing-rows.js";
import { chooseTeachers } from "../read-export-flags.js";
import { surveyCells } from "../survey-cells.js";
import { checkPrompt } from "../write-outgoing.js";
import { MIN_PAIRS, type PlannedArm, planArms } from "./arms.js";
import { type BaseModel, readBaseModel, readTrainer } from "./base.js";
import type { Experiment } from "./export.js";
import { countGroups, drawHeldOut } from "./held-out.js";
import { type CommonPictures, commonPictures, orderTraining, type TrainingOrder } from "./pictures.js";
import { countTexts, type TextTokens } from "./tokens.js";

/** The largest share that may be held out. */
const MAX_HELD_OUT = 0.5;

export interface AblationOptions {
  readonly to: string;
  /** `llama-factory`, `trl` or `ms-swift`. */
  readonly trainer: string;
  /** The model that all arms start from: a folder, or its name on a hub. */
  readonly base: string;
  /** LLaMA-Factory's chat template; null is found by the model's name. */
  readonly template: string | null;
  /** Null is every teacher, in recipe order. */
  readonly teachers: readonly string[] | null;
  /** Share of the sample, 0 < share ≤ 0.5. */
  readonly heldOut: number;
  /** `steps` or `tokens`. */
  readonly budget: string;
  /** Passes over the base arm, from 1. */
  readonly epochs: number;
  /** `include` lets images marked for review in. */
  readonly people: string | null;
  readonly withPixels: boolean;
  /** A `tokenizer.json`, or the folder of one; null estimates. */
  readonly tokenizer: string | null;
  readonly say: (sentence: string) => void;
  /** Pictures looked at for near-duplicates. */
  readonly onProgress: (standing: { done: number; total: number | null }) => void;
  /** Arms written. */
  readonly onArm: (standing: { done: number; total: number }) => void;
}

/** An ablation of which all is settled and nothing written. */
export interface AblationPlan {
  readonly experiment: Experiment;
  readonly trainer: AblationTrainer;
  readonly base: BaseModel;
  readonly teachers: readonly string[];
  readonly near: NearDuplicates;
  readonly groups: Pick<AblationManifest["nearDuplicates"], "groups" | "images">;
  readonly share: number;
  readonly seed: number;
  readonly budget: { readonly kind: BudgetKind; readonly epochs: number };
  readonly order: TrainingOrder;
  /** Places of the common pictures that are held out. */
  readonly heldOut: readonly number[];
  isHeldOut(place: number): boolean;
  readonly tokens: TextTokens;
  readonly arms: readonly PlannedArm[];
  readonly refused: AblationManifest["refused"];
}

/**
 * Settles which arms a run gives. `group` finds near-duplicates. Throws a `UsageError` for unknown trainers, teachers and
 * budgets, and a `UserError` where too little is left to compare.
 */
export async function planAblation(
  folder: string,
  options: AblationOptions,
  group: typeof groupPictures,
): Promise<AblationPlan> {
  const trainer = readTrainer(options.trainer);
  const budget = readBudget(options);
  const base = await readBaseModel(options.base, trainer, options.template);
  const counter = await openTokenCounter(options.tokenizer);
  const run = await openRun(folder, options.say);
  await needImages(run, folder);
  const teachers = chooseTeachers(run.header.models, options.teachers);
  const choice = outgoingChoice(teachers, options.people);
  checkPrompt(run, choice);
  const survey = await surveyCells(run, choice, counter);
  const common = commonPictures(run.images.length, survey, teachers.length);
  const near = await group(run, options);
  const seed = run.header.sample?.seed ?? 0;
  const isHeldOut = drawHeldOut(run.images, options.heldOut, seed, near);
  const order = orderTraining(run.images, (place) => common.has(place) && !isHeldOut(place), teachers.length);
  const heldOut = [...run.images.keys()].filter((place) => common.has(place) && isHeldOut(place));
  const names = teachers.map(({ name }) => name);
  const planned = planArms(order, names);
  checkEnough(folder, planned, heldOut, common);
  return {
    experiment: { run, exporter: exporterNamed(trainer), counter, choice, survey, common },
    trainer,
    base,
    teachers: names,
    near,
    groups: countGroups(near),
    share: options.heldOut,
    seed,
    budget,
    order,
    heldOut,
    isHeldOut,
    tokens: await countTexts(run, teachers, survey, common, counter),
    arms: planned.filter(isLarge),
    refused: planned
      .filter((arm) => !isLarge(arm))
      .map(({ name, pairs }) => ({ name, pairs, why: `${pairs} pairs, fewer than ${MIN_PAIRS}` })),
  };
}

function readBudget({ budget, epochs, heldOut, people }: AblationOptions): AblationPlan["budget"] {
  const kind = BUDGET_KINDS.find((known) => known === budget);
  if (kind === undefined)
    throw new UsageError(`--budget ${JSON.stringify(budget)}${suggestName(budget, BUDGET_KINDS)}`);
  if (!Number.isSafeInteger(epochs) || epochs < 1) throw new UsageError("--epochs must be a whole number from 1");
  if (!(heldOut > 0 && heldOut <= MAX_HELD_OUT)) {
    throw new UsageError(`--held-out ${heldOut} is no share above 0 and up to ${MAX_HELD_OUT}, such as 0.1`);
  }
  if (people !== null && people !== "include") throw new UsageError(`--people ${people}: the only choice is include`);
  return { kind, epochs };
}

function outgoingChoice(teachers: readonly ModelSpec[], people: string | null): OutgoingChoice {
  return { teachers, includePeople: people === "include", parts: "both", wholeImages: false, marks: "left-out" };
}

function isLarge({ pairs }: PlannedArm): boolean {
  return pairs >= MIN_PAIRS;
}

/** Without the base arm there is nothing to compare with, and without held-out pictures nothing to compare on. */
function checkEnough(
  folder: string,
  [base]: readonly PlannedArm[],
  heldOut: readonly number[],
  { leftOut }: CommonPictures,
): void {
  const reasons = Object.entries(leftOut).map(([why, pictures]) => `; ${why}: ${pictures}`);
  const advice = "go on with the run, hold another share out, or name fewer --teachers";
  if (base === undefined || !isLarge(base)) {
    throw new UserError(
      `${folder} leaves ${base?.images ?? 0} pictures to train on, and an arm needs ${MIN_PAIRS} pairs${reasons.join("")}; ${advice}`,
    );
  }
  if (heldOut.length > 0) return;
  throw new UserError(
    `${folder}: none of the pictures drawn to be held out has a pair of every teacher${reasons.join("")}; ${advice}`,
  );
}
