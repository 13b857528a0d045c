import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../records/index.js";
import { loadTokenizers } from "./load-native.js";
import { type JsonObject, readJsonObject } from "./read-json.js";

/** Texts as the ids a checkpoint was trained on. */
export interface CheckpointTokenizer {
  /** The ids put before and behind every text; they weigh nothing in BERTScore. */
  readonly first: number;
  readonly last: number;
  /** `model_max_length` of `tokenizer_config.json`; null where it is not said. */
  readonly declaredLimit: number | null;
  /** Whether a blank is put before the text; null where the tokenizer is not byte-level BPE. */
  readonly prefixSpace: boolean | null;
  /** SHA-256 of the definition that is used, hexadecimal. */
  readonly hash: string;
  /** All ids of a text, `first` and `last` included, not cut. */
  encode(text: string): Promise<Int32Array>;
}

export interface TokenizerOptions {
  /** Put a blank before the text, as bert_score's slow tokenizers do; false leaves it as the folder says. */
  readonly prefixSpace: boolean;
}

/**
 * Reads `tokenizer.json` as transformers' fast tokenizers do: `truncation` and `padding` written into it are
 * ignored, and what `tokenizer_config.json` says of case, accents and the leading blank holds.
 */
export async function readCheckpointTokenizer(folder: string, options: TokenizerOptions): Promise<CheckpointTokenizer> {
  const path = join(folder, "tokenizer.json");
  const definition = await readDefinition(path, folder);
  const config = (await readJsonObject(join(folder, "tokenizer_config.json"))) ?? {};
  definition.truncation = null;
  definition.padding = null;
  setNormalizer(definition, config);
  const prefixSpace = setPrefixSpace(definition, options.prefixSpace || config.add_prefix_space === true);
  if (options.prefixSpace && prefixSpace === null) {
    throw new UserError(
      `--prefix-space has no meaning for ${folder}: its tokenizer is not byte-level BPE; leave the flag out`,
    );
  }
  const body = JSON.stringify(definition);
  const tokenizer = openTokenizer(body, path);
  const encode = async (text: string) => {
    const encoding = await tokenizer.encode(wellFormed(text), null, { addSpecialTokens: true });
    return Int32Array.from(encoding.getIds());
  };
  const [first, last, ...more] = await encode("");
  if (first === undefined || last === undefined || more.length > 0) {
    throw new UserError(`${path} does not put one token before and one behind a text; encoders for scores do`);
  }
  return {
    first,
    last,
    declaredLimit: declaredLimit(config),
    prefixSpace,
    hash: createHash("sha256").update(body).digest("hex"),
    encode,
  };
}

/** The ids an encoder with this limit sees: the head of the text is kept, the closing token too. */
export function cutToLimit(ids: Int32Array, limit: number): Int32Array {
  if (ids.length <= limit) return ids;
  const cut = ids.slice(0, limit);
  cut[limit - 1] = ids[ids.length - 1] as number;
  return cut;
}

async function readDefinition(path: string, folder: string): Promise<Record<string, unknown>> {
  const body = await readFile(path, "utf8").catch(() => {
    throw new UserError(
      `${folder} has no tokenizer.json; save one with AutoTokenizer.from_pretrained("…").save_pretrained("${folder}")`,
    );
  });
  try {
    const value: unknown = JSON.parse(body);
    if (isRecord(value)) return value;
  } catch {
    // What is not JSON is refused below.
  }
  throw new UserError(`${path} is not a JSON object; download it again`);
}

function openTokenizer(body: string, path: string) {
  const { Tokenizer } = loadTokenizers();
  try {
    return Tokenizer.fromString(body);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path} cannot be read by the tokenizers library: ${words}`);
  }
}

/** Beyond this a limit is transformers' way of saying there is none. */
const NO_LIMIT = 1e9;

function declaredLimit(config: JsonObject): number | null {
  const limit = config.model_max_length;
  return typeof limit === "number" && limit > 2 && limit < NO_LIMIT ? Math.floor(limit) : null;
}

const BERT_NORMALIZER_KEYS = [
  ["do_lower_case", "lowercase"],
  ["strip_accents", "strip_accents"],
  ["tokenize_chinese_chars", "handle_chinese_chars"],
] as const;

function setNormalizer(definition: Record<string, unknown>, config: JsonObject): void {
  const normalizer = definition.normalizer;
  if (!isRecord(normalizer) || normalizer.type !== "BertNormalizer") return;
  for (const [said, used] of BERT_NORMALIZER_KEYS)
    if (typeof config[said] === "boolean") normalizer[used] = config[said];
}

/** Sets the leading blank wherever the definition has a byte-level step; null where it has none. */
function setPrefixSpace(definition: Record<string, unknown>, wanted: boolean): boolean | null {
  const steps = flatSteps(definition.pre_tokenizer).filter((step) => step.type === "ByteLevel");
  if (steps.length === 0) return null;
  for (const step of steps) step.add_prefix_space = wanted;
  return wanted;
}

function flatSteps(value: unknown): Record<string, unknown>[] {
  if (!isRecord(value)) return [];
  const inner = value.pretokenizers;
  return [value, ...(Array.isArray(inner) ? inner.flatMap(flatSteps) : [])];
}

/** Half a surrogate pair has no UTF-8 form; the replacement character stands for it. */
function wellFormed(text: string): string {
  return /[\ud800-\udfff]/.test(text) ? Buffer.from(text, "utf8").toString("utf8") : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
