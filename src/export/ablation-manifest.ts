import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ExportParts, UserError } from "../records/index.js";

export const ABLATION_FORMAT_VERSION = 1;
export const ABLATION_NAME = "ablation.json";
/** The export of the held-out pictures, and the folder that every arm looks for its pictures in. */
export const HELD_OUT_FOLDER = "held-out";
export const PICTURES_FOLDER = "pictures";
const TOOL = "imagenet-think";

/** Trainers an ablation is written for; each is the name of an export format too. */
export const ABLATION_TRAINERS = ["llama-factory", "trl", "ms-swift"] as const;
export type AblationTrainer = (typeof ABLATION_TRAINERS)[number];

/** What the budget holds equal: optimiser steps, or tokens under the loss. */
export const BUDGET_KINDS = ["steps", "tokens"] as const;
export type BudgetKind = (typeof BUDGET_KINDS)[number];

export const FACTORS = ["parts", "teachers", "size"] as const;
export type Factor = (typeof FACTORS)[number];

/** When two pictures are one, in words and numbers. */
export interface NearDuplicateRule {
  readonly words: string;
  /** The name and version of the hash. */
  readonly hash: string;
  readonly bits: number;
  /** Two pictures whose hashes differ in at most so many bits are in one group; groups are transitive. */
  readonly maxDistance: number;
}

/** Tokens of all texts of an arm. Null where the arm leaves that part out. */
export interface ArmTokens {
  readonly thinking: number | null;
  readonly answer: number | null;
  /** Of the composed texts, tags and blank lines included: what stands under the loss, without the end of turn. */
  readonly text: number;
}

/** What an arm is trained for; the arm's configuration file holds the same steps. */
export interface ArmBudget {
  readonly steps: number;
  /** Examples seen: steps × batch. */
  readonly examples: number;
  /** Tokens under the loss that are seen, from the mean of the arm. */
  readonly tokens: number;
  /** Passes over the arm. */
  readonly epochs: number;
}

export interface AblationArm {
  readonly name: string;
  /** Relative to the ablation, with `/`. */
  readonly folder: string;
  /** The factors it is an arm of; the base arm belongs to all. */
  readonly factors: readonly Factor[];
  /** What differs from the base arm, in words. */
  readonly differs: string;
  readonly parts: ExportParts;
  readonly teachers: readonly string[];
  /** `all`: a pair of every teacher for each picture. `in-turn`: one pair a picture, the teachers taking turns. */
  readonly pairing: "all" | "in-turn";
  /** Of the training pictures, 0 < share ≤ 1. */
  readonly share: number;
  readonly images: number;
  readonly pairs: number;
  /** Classes of the training pictures that have none in this arm. */
  readonly emptyClasses: number;
  readonly tokens: ArmTokens;
  readonly budget: ArmBudget;
  /** Tokens that the configuration allows a row: the longest text of all arms, and room for its picture. */
  readonly maxLength: number;
  /** The trainer's configuration, relative to the arm's folder. */
  readonly config: string;
}

/** `ablation.json`. No clock time, so that the same line gives the same bytes. */
export interface AblationManifest {
  readonly formatVersion: number;
  readonly tool: string;
  readonly toolVersion: string;
  readonly run: { readonly name: string; readonly run8: string };
  readonly trainer: AblationTrainer;
  /** The model that every arm starts from. */
  readonly base: string;
  readonly teachers: readonly string[];
  /** Of the held-out draw and of the training. */
  readonly seed: number;
  readonly tokenizer: { readonly name: string; readonly exact: boolean };
  readonly heldOut: {
    /** As asked; whole groups are drawn, so the set may be larger. */
    readonly share: number;
    readonly folder: string;
    readonly images: number;
    readonly pairs: number;
    readonly groups: number;
  };
  readonly nearDuplicates: NearDuplicateRule & {
    /** Groups of more than one picture, and the pictures in them, of the whole sample. */
    readonly groups: number;
    readonly images: number;
  };
  readonly budget: { readonly kind: BudgetKind; readonly epochsOfBase: number; readonly batch: number };
  /** The folder the arms look for their pictures in, and whether it was filled. */
  readonly pictures: { readonly folder: string; readonly included: boolean };
  /** Pictures of the sample that are in no arm and not held out, by reason in words. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly arms: readonly AblationArm[];
  /** Arms that were not written. */
  readonly refused: readonly { readonly name: string; readonly pairs: number; readonly why: string }[];
  readonly images: { readonly file: string; readonly rows: number; readonly sha256: string };
}

/** Writes `ablation.json` into a folder and gives what it holds. */
export async function writeAblationManifest(
  folder: string,
  facts: Omit<AblationManifest, "formatVersion" | "tool">,
): Promise<AblationManifest> {
  const manifest: AblationManifest = { formatVersion: ABLATION_FORMAT_VERSION, tool: TOOL, ...facts };
  await writeFile(join(folder, ABLATION_NAME), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
  return manifest;
}

/** Reads `ablation.json`. Throws a `UserError` where the folder is no ablation, or one of a newer version. */
export async function readAblationManifest(folder: string): Promise<AblationManifest> {
  const text = await readFile(join(folder, ABLATION_NAME), "utf8").catch(() => null);
  const manifest = text === null ? null : parseOrNull(text);
  if (manifest?.tool !== TOOL || !Array.isArray(manifest.arms)) {
    throw new UserError(
      `${folder} holds no ablation (there is no ${ABLATION_NAME} of one); name a folder that \`ablation\` wrote`,
    );
  }
  if (manifest.formatVersion > ABLATION_FORMAT_VERSION) {
    throw new UserError(`${folder} was written by a newer version (${manifest.toolVersion}); use that one`);
  }
  return manifest;
}

function parseOrNull(text: string): AblationManifest | null {
  try {
    return JSON.parse(text) as AblationManifest | null;
  } catch {
    return null;
  }
}
