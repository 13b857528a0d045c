import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type MetricProtocol, UserError } from "../../records/index.js";
import { type CheckpointTokenizer, readCheckpointTokenizer } from "./checkpoint-tokenizer.js";
import { type EncoderConfig, longestInput, namesOf, readEncoderConfig } from "./encoder-config.js";
import type { EncoderOutput } from "./encoder-graph.js";
import { type EncoderPlan, hashWeights, planEncoder } from "./encoder-plan.js";

/** A checkpoint folder made ready for one metric. */
export interface Checkpoint {
  readonly folder: string;
  readonly config: EncoderConfig;
  /** The first name it goes by. */
  readonly model: string;
  readonly tokenizer: CheckpointTokenizer;
  /** Ids a text may have, special tokens counted. */
  readonly limit: number;
  readonly layers: number;
  readonly plan: EncoderPlan;
  readonly weightsSha256: string;
  /** What every protocol says of it. */
  readonly protocol: MetricProtocol;
}

export interface CheckpointChoice {
  /** The encoder's folder. */
  readonly folder: string;
  readonly prefixSpace: boolean;
  readonly output: EncoderOutput;
  /** Which layer is the last; called with the configuration. */
  readonly layerOf: (config: EncoderConfig, names: readonly string[]) => number;
  /** A limit the metric knows of; null where only the tokenizer and the model limit it. */
  readonly maxLength: number | null;
}

/** Reads a checkpoint as it is. Writes nothing into it. Throws a `UserError` that names the file and what is wrong with it. */
export async function openCheckpoint(choice: CheckpointChoice): Promise<Checkpoint> {
  const folder = resolve(choice.folder);
  const isFolder = await stat(folder).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new UserError(`${folder} is not a folder; give the folder of a Hugging Face checkpoint`);
  const config = await readEncoderConfig(folder);
  const names = namesOf(folder, config);
  const tokenizer = await readCheckpointTokenizer(folder, { prefixSpace: choice.prefixSpace });
  const room = longestInput(config);
  const limit = Math.min(room, choice.maxLength ?? tokenizer.declaredLimit ?? room);
  const layers = choice.layerOf(config, names);
  const encoder = await planEncoder(folder, config, { layers, output: choice.output, longest: limit });
  const weightsSha256 = await hashWeights(encoder.weights);
  const model = names.find((name) => !name.includes("/")) ?? names[0] ?? folder;
  return {
    folder,
    config,
    model: folder.includes("models--") ? (names[0] ?? model) : model,
    tokenizer,
    limit,
    layers,
    plan: encoder.plan,
    weightsSha256,
    protocol: {
      model: folder.includes("models--") ? (names[0] ?? model) : model,
      architecture: config.family,
      weightsSha256,
      tokenizerSha256: tokenizer.hash,
      prefixSpace: tokenizer.prefixSpace,
      maxTokens: limit,
      storedAs: encoder.precision,
      computedIn: "float32",
    },
  };
}
