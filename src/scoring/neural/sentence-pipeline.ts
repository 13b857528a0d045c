import { join } from "node:path";
import { UserError } from "../../records/index.js";
import { type JsonObject, readJsonFile, readJsonObject } from "./read-json.js";

/** What a sentence-transformers folder says of the way from text to vector. */
export interface SentencePipeline {
  /** The folder of the encoder itself. */
  readonly encoderFolder: string;
  readonly pooling: "mean" | "first";
  readonly normalize: boolean;
  /** Ids a text may have, special tokens counted; null where only the tokenizer and the model limit it. */
  readonly maxLength: number | null;
  readonly lowerCase: boolean;
  /** Put before every text; empty where the folder names no default prompt. */
  readonly prompt: string;
}

/** Names that sentence-transformers' own versions have saved the settings of the encoder under. */
const SETTINGS = [
  "sentence_bert_config.json",
  "sentence_roberta_config.json",
  "sentence_distilbert_config.json",
  "sentence_mpnet_config.json",
  "sentence_xlm-roberta_config.json",
];

/**
 * Reads `modules.json` in the layout of either generation. A plain checkpoint gets mean pooling and no Normalize,
 * as in sentence-transformers. Throws a `UserError` naming the module or pooling that is not supported.
 */
export async function readSentencePipeline(folder: string): Promise<SentencePipeline> {
  const modules = await readModules(folder);
  const place = (kind: string) => modules.find((module) => module.kind === kind);
  const encoderFolder = join(folder, place("Transformer")?.path ?? "");
  const pooling = place("Pooling");
  const settings = await readSettings(encoderFolder);
  const prompt = await readPrompt(folder);
  const limit = settings.max_seq_length;
  return {
    encoderFolder,
    pooling: pooling === undefined ? "mean" : await readPooling(join(folder, pooling.path), prompt),
    normalize: place("Normalize") !== undefined,
    maxLength: typeof limit === "number" && limit > 2 ? Math.floor(limit) : null,
    lowerCase: settings.do_lower_case === true,
    prompt,
  };
}

interface Module {
  readonly kind: string;
  readonly path: string;
}

async function readModules(folder: string): Promise<Module[]> {
  const path = join(folder, "modules.json");
  const listed = await readJsonFile(path);
  if (listed === null) return [];
  if (!Array.isArray(listed)) throw new UserError(`${path} is not a list of modules`);
  const modules = listed.map((entry: unknown): Module => {
    const { type, path: place } = isRecord(entry) ? entry : {};
    return { kind: String(type).split(".").at(-1) ?? "", path: typeof place === "string" ? place : "" };
  });
  const order = modules.map((module) => module.kind).join(", ");
  if (!["Transformer, Pooling", "Transformer, Pooling, Normalize"].includes(order)) {
    throw new UserError(
      `${path} lists the modules ${order || "none"}; supported are Transformer, Pooling and, behind them, Normalize`,
    );
  }
  return modules;
}

async function readSettings(encoderFolder: string): Promise<JsonObject> {
  for (const name of SETTINGS) {
    const settings = await readJsonObject(join(encoderFolder, name));
    if (settings !== null) return settings;
  }
  return {};
}

async function readPooling(folder: string, prompt: string): Promise<"mean" | "first"> {
  const path = join(folder, "config.json");
  const config = await readJsonObject(path);
  if (config === null) throw new UserError(`${path} is missing, and modules.json names it; download the folder again`);
  if (prompt !== "" && config.include_prompt === false) {
    throw new UserError(`${path} leaves the prompt out of the pooling (include_prompt); that is not supported`);
  }
  const modes =
    typeof config.pooling_mode === "string"
      ? config.pooling_mode.split("_")
      : Object.keys(config).filter((key) => key.startsWith("pooling_mode_") && config[key] === true);
  const [mode] = modes;
  if (modes.length === 1 && (mode === "mean" || mode === "pooling_mode_mean_tokens")) return "mean";
  if (modes.length === 1 && (mode === "cls" || mode === "pooling_mode_cls_token")) return "first";
  throw new UserError(`${path} asks for pooling by ${modes.join(" and ") || "nothing"}; supported are mean and cls`);
}

async function readPrompt(folder: string): Promise<string> {
  const config = await readJsonObject(join(folder, "config_sentence_transformers.json"));
  const name = config?.default_prompt_name;
  const prompts = config?.prompts;
  if (typeof name !== "string" || !isRecord(prompts)) return "";
  const prompt = prompts[name];
  return typeof prompt === "string" ? prompt : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
