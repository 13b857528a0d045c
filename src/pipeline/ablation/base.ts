import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { ABLATION_TRAINERS, type AblationTrainer, llamaFactoryTemplate } from "../../export/index.js";
import { suggestName, UsageError } from "../../records/index.js";

/** The trainer of a flag. Throws a `UsageError` that names the nearest known one. */
export function readTrainer(name: string): AblationTrainer {
  const trainer = ABLATION_TRAINERS.find((known) => known === name);
  if (trainer !== undefined) return trainer;
  throw new UsageError(`--trainer ${JSON.stringify(name)}${suggestName(name, ABLATION_TRAINERS)}`);
}

/** The model that all arms start from. */
export interface BaseModel {
  /** A folder by its absolute path, since every arm is started in a folder of its own; else its name on a hub. */
  readonly model: string;
  /** LLaMA-Factory's name of its chat template; null for trainers that take it from the model. */
  readonly template: string | null;
}

/** Reads `--base` and `--template`. Throws a `UsageError` where LLaMA-Factory needs a template and none is known. */
export async function readBaseModel(
  base: string,
  trainer: AblationTrainer,
  template: string | null,
): Promise<BaseModel> {
  const isFolder = base.startsWith("/") || base.startsWith(".");
  const type = await modelType(base);
  const model = isFolder || type !== null ? resolve(base) : base;
  if (trainer !== "llama-factory") {
    if (template === null) return { model, template: null };
    throw new UsageError(`--template is LLaMA-Factory's; ${trainer} takes the chat template from the model`);
  }
  const known = template ?? llamaFactoryTemplate(basename(base)) ?? (type === null ? null : llamaFactoryTemplate(type));
  if (known !== null) return { model, template: known };
  throw new UsageError(
    `--base ${base}: which chat template LLaMA-Factory has for this model is not known here; name it with --template (e.g. qwen2_vl, glm4v)`,
  );
}

/** `model_type` of a checkpoint folder; null where there is none. */
async function modelType(folder: string): Promise<string | null> {
  const text = await readFile(join(folder, "config.json"), "utf8").catch(() => null);
  try {
    const { model_type: type } = JSON.parse(text ?? "{}") as { readonly model_type?: unknown };
    return typeof type === "string" ? type : null;
  } catch {
    return null;
  }
}
