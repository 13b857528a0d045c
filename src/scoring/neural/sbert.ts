import type { MetricProtocol } from "../../records/index.js";
import { type Checkpoint, openCheckpoint } from "./checkpoint.js";
import type { EncoderPool } from "./encoder-pool.js";
import type { NeuralScorer } from "./neural-scorer.js";
import { readSentencePipeline, type SentencePipeline } from "./sentence-pipeline.js";
import { createServerCheck, SERVER_TOLERANCE, type ServerSpeed, unit } from "./server-check.js";
import { codePairs } from "./text-coder.js";
import { openVectorCache, type VectorCache } from "./vector-cache.js";
import { openVectorServer } from "./vector-server.js";
import { rememberVectors } from "./vector-source.js";

export interface SbertOptions {
  readonly folder: string;
  /** Where sentence vectors come from; null is this machine. */
  readonly server: string | null;
  /** How far the server's vectors may be from the folder's; null is 1e-5. A number makes it another metric. */
  readonly serverTolerance: number | null;
  /** A folder that keeps vectors; null keeps none. */
  readonly cache: string | null;
}

/** A folder read and ready for a pool. */
export interface PreparedSbert {
  readonly checkpoint: Checkpoint;
  readonly pipeline: SentencePipeline;
  readonly options: SbertOptions;
}

export async function prepareSbert(options: SbertOptions): Promise<PreparedSbert> {
  const pipeline = await readSentencePipeline(options.folder);
  const checkpoint = await openCheckpoint({
    folder: pipeline.encoderFolder,
    prefixSpace: false,
    output: pipeline.pooling,
    layerOf: (config) => config.layers,
    maxLength: pipeline.maxLength,
  });
  return { checkpoint, pipeline, options };
}

/** A sentence encoder: its scorer, its vectors, and what ends it. */
export interface Sbert {
  readonly scorer: NeuralScorer;
  /** The vector of each text, as `SentenceTransformer.encode` gives it. */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

const REMEMBERED_BYTES = 64 << 20;

/** `plan` is the place of the checkpoint's plan in the pool. */
export async function openSbert(
  prepared: PreparedSbert,
  pool: EncoderPool,
  plan: number,
  measured: (speed: ServerSpeed) => void,
): Promise<Sbert> {
  const { checkpoint, pipeline, options } = prepared;
  const { hidden } = checkpoint.plan;
  const local = (ids: Int32Array) => pool.run({ kind: "encode", plan, ids });
  const server =
    options.server === null
      ? null
      : await openVectorServer({ url: options.server, road: "embeddings", textsPerRequest: 32, requestsAtOnce: 8 });
  const check =
    server === null
      ? null
      : createServerCheck({
          flag: "--sbert-server",
          width: hidden,
          tolerance: options.serverTolerance ?? SERVER_TOLERANCE,
          remedy: `serve ${checkpoint.folder} with --runner pooling --pooler-config '{"pooling_type": "${pipeline.pooling === "mean" ? "MEAN" : "CLS"}"}'`,
          local,
          remote: server.vectors,
          measured,
        });
  const protocol = describe(prepared, server?.model ?? null);
  // Vectors of a server that was let off are not the folder's: they are kept apart.
  const letOff = server !== null && options.serverTolerance !== null;
  const cache =
    options.cache === null
      ? null
      : await openVectorCache(options.cache, cacheKey(prepared, letOff ? String(options.serverTolerance) : ""), hidden);
  const made = server === null ? local : server.vectors;
  const vectorOf = rememberVectors(withCache(made, cache), Math.ceil(REMEMBERED_BYTES / (4 * hidden)));
  const prepare = (text: string) => pipeline.prompt + (pipeline.lowerCase ? text.toLowerCase() : text);
  const coding = { limit: checkpoint.limit, prepare };

  return {
    scorer: {
      name: letOff ? "sbert-served" : "sbert",
      shape: "one",
      protocol,
      signature: sign(prepared, letOff),
      async score(pairs) {
        const coded = await codePairs(checkpoint.tokenizer, pairs, coding);
        await check?.(coded.pairs.flatMap((pair) => [pair.reference, pair.hypothesis]));
        const scores = await Promise.all(
          coded.pairs.map(async ({ reference, hypothesis }) => {
            const [a, b] = await Promise.all([
              vectorOf(reference.key, reference.ids),
              vectorOf(hypothesis.key, hypothesis.ids),
            ]);
            return cosine(a, b);
          }),
        );
        return { scores, seen: coded.seen };
      },
    },
    async embed(texts) {
      const pairs = texts.map((text) => ({ reference: text, hypothesis: text }));
      const coded = await codePairs(checkpoint.tokenizer, pairs, coding);
      return Promise.all(
        coded.pairs.map(async ({ reference }) => {
          const vector = await vectorOf(reference.key, reference.ids);
          return pipeline.normalize ? Float32Array.from(unit(vector)) : vector;
        }),
      );
    },
    async close() {
      await cache?.close();
      await server?.close();
    },
  };
}

function withCache(made: (ids: Int32Array) => Promise<Float32Array>, cache: VectorCache | null) {
  return async (ids: Int32Array): Promise<Float32Array> => {
    const kept = await cache?.get(ids);
    if (kept != null) return kept;
    const vector = await made(ids);
    await cache?.keep(ids, vector);
    return vector;
  };
}

/** Null where a vector holds no number. */
function cosine(a: Float32Array, b: Float32Array): number | null {
  const [x, y] = [unit(a), unit(b)];
  let sum = 0;
  for (let place = 0; place < x.length; place++) sum += (x[place] as number) * (y[place] as number);
  return Number.isNaN(sum) ? null : sum;
}

function describe({ checkpoint, pipeline, options }: PreparedSbert, serverModel: string | null): MetricProtocol {
  return {
    equals: "sentence-transformers 5.7.0 and 6.2.0: encode and cos_sim, to 1e-5",
    ...checkpoint.protocol,
    pooling: pipeline.pooling,
    normalize: pipeline.normalize,
    lowerCase: pipeline.lowerCase,
    prompt: pipeline.prompt,
    batch: "each text alone at its exact length; no padding",
    ...(serverModel === null ? {} : { vectorsFrom: "server", serverModel, serverTolerance: options.serverTolerance }),
  };
}

function sign({ checkpoint, pipeline, options }: PreparedSbert, letOff: boolean): string {
  const parts = [
    letOff ? "sbert-served" : "sbert",
    checkpoint.model,
    `weights:${checkpoint.weightsSha256.slice(0, 12)}`,
    `max:${checkpoint.limit}`,
    `pool:${pipeline.pooling}`,
    "float32",
    ...(letOff ? [`server-tolerance:${options.serverTolerance}`] : []),
  ];
  return parts.join("|");
}

function cacheKey({ checkpoint, pipeline }: PreparedSbert, more: string): string {
  const { weightsSha256, tokenizer, limit } = checkpoint;
  const tail = more === "" ? "" : `-${more.replaceAll(/[^0-9a-z]/g, "_")}`;
  return `${weightsSha256.slice(0, 16)}-${tokenizer.hash.slice(0, 8)}-${limit}-${pipeline.pooling}${tail}`;
}
