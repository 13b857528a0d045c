import { basename, join } from "node:path";
import { UserError } from "../../records/index.js";
import { type JsonObject, readJsonObject } from "./read-json.js";

/** The encoders that can be built: all put LayerNorm behind each half of a layer. */
export type EncoderFamily = "bert" | "roberta" | "xlm-roberta" | "distilbert" | "mpnet";

/** What of `config.json` decides the numbers. */
export interface EncoderConfig {
  readonly family: EncoderFamily;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly epsilon: number;
  /** Ids that have a vector. */
  readonly vocabulary: number;
  /** Rows of the position table. */
  readonly positions: number;
  /** RoBERTa and its kin begin behind this id and do not count it; null where positions are 0, 1, 2, … */
  readonly paddingId: number | null;
  /** Buckets of MPNet's relative attention; null elsewhere. */
  readonly buckets: number | null;
  /** What the checkpoint calls itself, if it does. */
  readonly name: string | null;
}

const SUPPORTED = "BERT, RoBERTa, DistilBERT, MPNet and XLM-RoBERTa";

/** Reads `config.json`. Throws a `UserError` that names what is supported where the model is something else. */
export async function readEncoderConfig(folder: string): Promise<EncoderConfig> {
  const path = join(folder, "config.json");
  const config = await readJsonObject(path);
  if (config === null) {
    throw new UserError(`${folder} has no config.json; give the folder of a Hugging Face checkpoint`);
  }
  const family = familyOf(config, path);
  const read = (...keys: string[]) => positive(config, keys, path);
  const distilled = family === "distilbert";
  checkVariant(config, path);
  const built: EncoderConfig = {
    family,
    layers: distilled ? read("n_layers", "num_hidden_layers") : read("num_hidden_layers"),
    hidden: distilled ? read("dim", "hidden_size") : read("hidden_size"),
    heads: distilled ? read("n_heads", "num_attention_heads") : read("num_attention_heads"),
    intermediate: distilled ? read("hidden_dim", "intermediate_size") : read("intermediate_size"),
    epsilon: distilled ? 1e-12 : typeof config.layer_norm_eps === "number" ? config.layer_norm_eps : 1e-12,
    vocabulary: read("vocab_size"),
    positions: read("max_position_embeddings"),
    paddingId: paddingIdOf(family, config),
    buckets: family === "mpnet" ? bucketsOf(config) : null,
    name: typeof config._name_or_path === "string" && config._name_or_path !== "" ? config._name_or_path : null,
  };
  if (built.hidden % built.heads !== 0) {
    throw new UserError(`${path}: a width of ${built.hidden} does not divide into ${built.heads} heads`);
  }
  return built;
}

/** The longest text the position table has room for, special tokens counted. */
export function longestInput(config: EncoderConfig): number {
  return config.paddingId === null ? config.positions : config.positions - config.paddingId - 1;
}

/** Names a checkpoint may go by, the surest first: its folder in the Hub's cache, the folder itself, what it calls itself. */
export function namesOf(folder: string, config: EncoderConfig): string[] {
  const parts = folder.split(/[\\/]/).filter((part) => part !== "");
  const cached = parts.findLast((part) => part.startsWith("models--"));
  const names = [
    ...(cached === undefined ? [] : [cached.slice("models--".length).replaceAll("--", "/")]),
    parts.slice(-2).join("/"),
    basename(folder),
    ...(config.name === null ? [] : [config.name]),
  ];
  return [...new Set(names)];
}

function familyOf(config: JsonObject, path: string): EncoderFamily {
  const type = config.model_type;
  if (type === "bert" || type === "roberta" || type === "xlm-roberta" || type === "distilbert" || type === "mpnet") {
    return type;
  }
  throw new UserError(`${path} describes a model of type ${JSON.stringify(type ?? null)}; supported are ${SUPPORTED}`);
}

function checkVariant(config: JsonObject, path: string): void {
  const activation = config.hidden_act ?? config.activation ?? "gelu";
  if (activation !== "gelu") {
    throw new UserError(`${path} asks for the activation ${JSON.stringify(activation)}; only gelu is supported`);
  }
  const positions = config.position_embedding_type ?? "absolute";
  if (positions !== "absolute") {
    throw new UserError(`${path} asks for positions of type ${JSON.stringify(positions)}; only absolute is supported`);
  }
  if (config.is_decoder === true) throw new UserError(`${path} describes a decoder; supported are ${SUPPORTED}`);
}

function positive(config: JsonObject, keys: readonly string[], path: string): number {
  for (const key of keys) {
    const value = config[key];
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  }
  throw new UserError(`${path} has no whole number above 0 under ${keys[0]}`);
}

function paddingIdOf(family: EncoderFamily, config: JsonObject): number | null {
  if (family === "bert" || family === "distilbert") return null;
  // MPNet's code has 1 written into it; the others take the id from the file.
  if (family === "mpnet") return 1;
  return typeof config.pad_token_id === "number" ? config.pad_token_id : 1;
}

function bucketsOf(config: JsonObject): number {
  const buckets = config.relative_attention_num_buckets;
  return typeof buckets === "number" ? buckets : 32;
}
