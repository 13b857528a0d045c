import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { dialectNamed } from "../parsing/index.js";
import { customPrompt, promptNamed } from "../prompts/index.js";
import {
  type ClassListFacts,
  type ModelSpec,
  type ObserverTrial,
  type Prompt,
  RUN_FORMAT_VERSION,
  type RunHeader,
  type SourceSpec,
  type Timeouts,
  TOOL_VERSION,
} from "../records/index.js";
import { type PresetModel, withPreset } from "./model-presets.js";
import { isEndpointsFile, isObserver } from "./read-recipe.js";
import type { Recipe, RecipeModel } from "./recipe-schema.js";

/** Milliseconds. A request may wait long in a server's queue (200 and silence), and a long thought takes many minutes. */
const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 10_000, firstByteMs: 900_000, idleMs: 300_000, totalMs: 7_200_000 };
const DEFAULT_MAX_TOKENS = 8192;
const DEFAULT_TRIES = 3;
/** GLM-4.1V's own limit, 4096 × 4096. */
const DEFAULT_MAX_PIXELS = 4096 * 4096;
/** The paper's smallest side. */
const DEFAULT_MIN_SIDE = 224;
const CREDIT_FILES = ["PROVENANCE.md", "CREDITS.md", "CREDITS.txt", "LICENSE.md", "LICENSE.txt", "LICENSE"];

/** A recipe with every default resolved: what `run.json` will say. Relative paths start from the recipe's folder. */
export function planRun(recipe: Recipe, recipeFile: string, classes: ClassListFacts): RunHeader {
  const from = (path: string) => resolve(dirname(recipeFile), path);
  return {
    formatVersion: RUN_FORMAT_VERSION,
    toolVersion: TOOL_VERSION,
    name: recipe.name,
    run8: randomBytes(4).toString("hex"),
    createdAt: new Date().toISOString(),
    images: recipe.images.map((image): SourceSpec => {
      const path = from(image.path);
      return {
        source: image.source,
        path,
        credits: image.credits === undefined ? findCredits(path) : from(image.credits),
      };
    }),
    classes,
    people: recipe.people ?? "review",
    gate: {
      minSide: recipe.gate?.minSide ?? DEFAULT_MIN_SIDE,
      maxPixels: recipe.gate?.maxPixels ?? DEFAULT_MAX_PIXELS,
      blur: recipe.gate?.blur ?? null,
      blank: recipe.gate?.blank ?? null,
    },
    sample:
      recipe.sample === undefined
        ? null
        : { size: recipe.sample.size ?? null, perClass: recipe.sample.perClass ?? null, seed: recipe.sample.seed ?? 0 },
    prompt: planPrompt(recipe),
    models: [
      ...recipe.teachers.map((model) => planModel(model, "teacher", from)),
      ...(recipe.candidates ?? []).map((model) => planModel(model, "candidate", from)),
    ],
    wordnet: { version: "3.0", folder: recipe.wordnet === undefined ? null : from(recipe.wordnet) },
    licence: recipe.licence ?? null,
  };
}

function findCredits(folder: string): string | null {
  return CREDIT_FILES.map((name) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

function planPrompt(recipe: Recipe): Prompt {
  const asked = recipe.prompt ?? "imagenet-think";
  if (typeof asked === "string") return promptNamed(asked);
  return customPrompt({
    text: asked.text,
    ...(asked.system === undefined ? {} : { system: asked.system }),
    ...(asked.imageFirst === undefined ? {} : { imageFirst: asked.imageFirst }),
  });
}

/** URLs, the word `observer`, or the absolute path of the file that lists them. */
function planEndpoints(asked: RecipeModel["endpoints"], from: (path: string) => string): readonly string[] {
  if (isObserver(asked)) return ["observer"];
  if (isEndpointsFile(asked)) return [from(asked)];
  return (typeof asked === "string" ? [asked] : asked).map(trimSlash);
}

function planModel(asked: RecipeModel, role: "teacher" | "candidate", from: (path: string) => string): ModelSpec {
  const { model, facts } = withPreset(asked);
  const dialect = dialectNamed(model.dialect);
  const observed = isObserver(model.endpoints);
  return {
    name: model.name,
    role,
    // The observer never passes for a model: its name says what it is, whatever it stands in for.
    model: observed ? observerName(model) : (model.model ?? ""),
    revision: model.revision ?? null,
    endpoints: planEndpoints(model.endpoints, from),
    dialect,
    apiKeyEnv: model.apiKeyEnv ?? null,
    system: model.system ?? null,
    sampling: {
      max_tokens: model.maxTokens ?? DEFAULT_MAX_TOKENS,
      ...(model.temperature === undefined ? {} : { temperature: model.temperature }),
      ...(model.seed === undefined ? {} : { seed: model.seed }),
      ...dialect.requestFields,
      ...(model.extra ?? {}),
    },
    concurrency: model.concurrency ?? null,
    timeouts: planTimeouts(model.timeouts ?? {}),
    tries: model.tries ?? DEFAULT_TRIES,
    ...(facts === null ? {} : { preset: facts }),
    ...(model.observer === undefined ? {} : { observer: planTrial(model.observer) }),
  };
}

function planTrial({ voice, broken, brokenShare }: NonNullable<RecipeModel["observer"]>): ObserverTrial {
  return { voice: voice ?? null, broken: broken ?? null, brokenShare: brokenShare ?? null };
}

function planTimeouts(asked: NonNullable<RecipeModel["timeouts"]>): Timeouts {
  return {
    connectMs: asked.connectMs ?? DEFAULT_TIMEOUTS.connectMs,
    firstByteMs: asked.firstByteMs ?? DEFAULT_TIMEOUTS.firstByteMs,
    idleMs: asked.idleMs ?? DEFAULT_TIMEOUTS.idleMs,
    totalMs: asked.totalMs ?? DEFAULT_TIMEOUTS.totalMs,
  };
}

function observerName(model: PresetModel): string {
  return model.model === undefined ? `observer-${model.dialect}` : `observer:${model.model}`;
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
