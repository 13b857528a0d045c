import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { relative } from "node:path";
import { pipeline } from "node:stream/promises";
import type { EncoderConfig } from "./encoder-config.js";
import { buildEncoderGraph, type EncoderOutput } from "./encoder-graph.js";
import { findEncoderTensors } from "./encoder-tensors.js";
import { readSafetensors, type StoredTensor, type StoredWeights } from "./safetensors.js";

/** All a thread needs to run an encoder; can be handed to it. */
export interface EncoderPlan {
  readonly graph: Uint8Array;
  readonly weightsFolder: string;
  readonly hidden: number;
  /** Positions begin behind this id and skip it; null where they are 0, 1, 2, … */
  readonly paddingId: number | null;
  readonly buckets: number | null;
  /** Bytes of the matrices the runtime would copy for each session if it may. */
  readonly copiedBytes: number;
  /** Bytes that every session holds of its own whatever it may: half-precision weights, widened. */
  readonly widenedBytes: number;
  /** Rough bytes one text of the longest kind needs while it runs. */
  readonly workBytes: number;
}

export interface PlannedEncoder {
  readonly plan: EncoderPlan;
  readonly weights: StoredWeights;
  /** Type of the stored weights: `float32`, `float16` or `bfloat16`. All is computed in float32. */
  readonly precision: string;
}

/** Reads the headers of a checkpoint and writes its graph up to `layers`. */
export async function planEncoder(
  folder: string,
  config: EncoderConfig,
  options: { readonly layers: number; readonly output: EncoderOutput; readonly longest: number },
): Promise<PlannedEncoder> {
  const weights = await readSafetensors(folder);
  const tensors = findEncoderTensors(weights, config, options.layers);
  const graph = buildEncoderGraph(config, tensors, options.output);
  const matrices = tensors.layers.flatMap((layer) => Object.values(layer).map(({ weight }) => weight));
  const floats = (list: readonly StoredTensor[]) =>
    list.reduce((sum, tensor) => sum + 4 * tensor.shape.reduce((product, size) => product * size, 1), 0);
  const half = [...matrices, tensors.words, tensors.positions].filter((tensor) => tensor.type !== "F32");
  const { longest } = options;
  return {
    weights,
    precision: { F32: "float32", F16: "float16", BF16: "bfloat16" }[tensors.words.type] ?? tensors.words.type,
    plan: {
      graph: graph.bytes,
      weightsFolder: graph.weightsFolder,
      hidden: config.hidden,
      paddingId: config.paddingId,
      buckets: config.buckets,
      copiedBytes: floats(matrices),
      widenedBytes: floats(half),
      workBytes:
        4 *
        longest *
        (longest * (config.buckets === null ? 1 : config.heads) + 8 * config.hidden + 2 * config.intermediate),
    },
  };
}

/** SHA-256 of all weights, hexadecimal: of the file where there is one (as the Hub shows it), else of the shards' hashes. */
export async function hashWeights({ files }: StoredWeights): Promise<string> {
  const hashes: string[] = [];
  for (const file of files) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
    hashes.push(hash.digest("hex"));
  }
  const [only] = hashes;
  if (only !== undefined && hashes.length === 1) return only;
  return createHash("sha256").update(hashes.join("\n")).digest("hex");
}

/** The weight files as a person knows them. */
export function showWeights(weights: StoredWeights, folder: string): string {
  return weights.files.map((file) => relative(folder, file)).join(", ");
}
