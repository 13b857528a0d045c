import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type PrecisionRecallF1, type Score, UserError } from "../../records/index.js";
import { type Baseline, bestOfReferences, readBaseline, rescale, scoreBestMatches } from "./bertscore-formula.js";
import { tabledLayer } from "./bertscore-layers.js";
import { describeBertScore, signBertScore } from "./bertscore-protocol.js";
import {
  countReference,
  createReferenceCounts,
  idfWeights,
  plainWeights,
  type TokenWeights,
} from "./bertscore-weights.js";
import { type Checkpoint, openCheckpoint } from "./checkpoint.js";
import type { EncoderConfig } from "./encoder-config.js";
import type { EncoderPool } from "./encoder-pool.js";
import type { BestMatches } from "./encoder-session.js";
import type { NeuralScorer, SeenSides, TextPair } from "./neural-scorer.js";
import { pythonStrip } from "./python-strip.js";
import { createServerCheck, SERVER_TOLERANCE, type ServerSpeed } from "./server-check.js";
import { type CodedPair, type CodedText, codePairs, codeText } from "./text-coder.js";
import { openVectorServer } from "./vector-server.js";
import { rememberVectors } from "./vector-source.js";

export interface BertScoreOptions {
  readonly folder: string;
  /** Where token vectors come from; null is this machine. */
  readonly server: string | null;
  /** As for `sbert`. */
  readonly serverTolerance: number | null;
  /** Null takes it from bert_score's table by the checkpoint's name. */
  readonly layer: number | null;
  /** Weigh tokens by how rare they are among these references; null weighs all alike. */
  readonly idfReferences: (() => AsyncIterable<string>) | null;
  /** A table of bert_score to rescale with; null leaves scores raw. */
  readonly baseline: string | null;
  /** Put a blank before each text; only for byte-level BPE. */
  readonly prefixSpace: boolean;
}

/** A folder read and ready for a pool. */
export interface PreparedBertScore {
  readonly checkpoint: Checkpoint;
  readonly weights: TokenWeights;
  readonly baseline: { readonly row: Baseline; readonly sha256: string } | null;
  readonly options: BertScoreOptions;
}

export async function prepareBertScore(options: BertScoreOptions): Promise<PreparedBertScore> {
  const checkpoint = await openCheckpoint({
    folder: options.folder,
    prefixSpace: options.prefixSpace,
    output: "unit-tokens",
    layerOf: (config, names) => chooseLayer(options, config, names),
    maxLength: null,
  });
  const baseline =
    options.baseline === null
      ? null
      : {
          row: await readBaseline(options.baseline, checkpoint.layers),
          sha256: createHash("sha256")
            .update(await readFile(options.baseline))
            .digest("hex"),
        };
  return { checkpoint, weights: await chooseWeights(checkpoint, options), baseline, options };
}

function chooseLayer(options: BertScoreOptions, config: EncoderConfig, names: readonly string[]): number {
  const layer = options.layer ?? tabledLayer(names)?.layer;
  if (layer === undefined) {
    throw new UserError(
      `bert_score's table has no layer for ${options.folder}; name one with --layer N, from 0 to ${config.layers}`,
    );
  }
  if (layer > config.layers) {
    throw new UserError(`${options.folder} has ${config.layers} layers, so there is no layer ${layer}; lower --layer`);
  }
  return layer;
}

async function chooseWeights({ tokenizer, limit }: Checkpoint, options: BertScoreOptions): Promise<TokenWeights> {
  if (options.idfReferences === null) return plainWeights(tokenizer);
  const counts = createReferenceCounts();
  let waiting: Promise<CodedText>[] = [];
  const settle = async () => {
    for (const text of await Promise.all(waiting)) countReference(counts, text.ids);
    waiting = [];
  };
  for await (const text of options.idfReferences()) {
    waiting.push(codeText(tokenizer, pythonStrip(text), limit));
    if (waiting.length >= 64) await settle();
  }
  await settle();
  return idfWeights(counts);
}

export interface BertScore {
  readonly scorer: NeuralScorer;
  /** As bert_score with several references: the highest of each number by itself. */
  scoreSeveral(
    sets: readonly { readonly references: readonly string[]; readonly hypothesis: string }[],
  ): Promise<Score[]>;
  close(): Promise<void>;
}

/** Hypotheses that travel to a worker with their reference at once, so that one reference keeps no worker alone for long. */
const HYPOTHESES_AT_ONCE = 8;

/** `plan` is the place of the checkpoint's plan in the pool. */
export async function openBertScore(
  prepared: PreparedBertScore,
  pool: EncoderPool,
  plan: number,
  measured: (speed: ServerSpeed) => void,
): Promise<BertScore> {
  const { checkpoint, weights, baseline, options } = prepared;
  const { hidden } = checkpoint.plan;
  const letOff = options.server !== null && options.serverTolerance !== null;
  const server =
    options.server === null
      ? null
      : await openVectorServer({ url: options.server, road: "pooling", textsPerRequest: 8, requestsAtOnce: 8 });
  const check =
    server === null
      ? null
      : createServerCheck({
          flag: "--bertscore-server",
          width: hidden,
          tolerance: options.serverTolerance ?? SERVER_TOLERANCE,
          remedy: describeServing(checkpoint),
          local: (ids) => pool.run({ kind: "encode", plan, ids }),
          remote: server.vectors,
          measured,
        });
  const tokensOf = server === null ? null : rememberVectors(server.vectors, 64);
  const match = async (reference: CodedText, hypotheses: readonly CodedText[]): Promise<readonly BestMatches[]> => {
    const list = hypotheses.map(({ ids }) => ids);
    if (tokensOf === null) return pool.run({ kind: "match", plan, reference: reference.ids, hypotheses: list });
    const [own, ...others] = await Promise.all([reference, ...hypotheses].map((text) => tokensOf(text.key, text.ids)));
    if (own === undefined) return [];
    return pool.run({
      kind: "match-vectors",
      width: hidden,
      reference: unitRows(own, hidden),
      hypotheses: others.map((rows) => unitRows(rows, hidden)),
    });
  };

  const scoreRaw = async (pairs: readonly TextPair[]): Promise<{ raw: PrecisionRecallF1[]; seen: SeenSides }> => {
    const coded = await codePairs(checkpoint.tokenizer, pairs, { limit: checkpoint.limit, prepare: pythonStrip });
    await check?.(coded.pairs.flatMap((pair) => [pair.reference, pair.hypothesis]));
    const best = await matchOnce(coded.pairs, match);
    const raw = coded.pairs.map(({ reference, hypothesis }, place) =>
      scoreBestMatches(best[place] ?? NO_MATCH, { reference: reference.ids, hypothesis: hypothesis.ids }, weights.of),
    );
    return { raw, seen: coded.seen };
  };
  const row = baseline?.row ?? null;
  return {
    scorer: {
      name: letOff ? "bertscore-served" : "bertscore",
      shape: "prf",
      protocol: describeBertScore(prepared, server?.model ?? null),
      signature: signBertScore(prepared, letOff),
      async score(pairs) {
        const { raw, seen } = await scoreRaw(pairs);
        return { scores: raw.map((score) => rescale(score, row)), seen };
      },
    },
    async scoreSeveral(sets) {
      const pairs = sets.flatMap(({ references, hypothesis }) =>
        references.map((reference) => ({ reference, hypothesis })),
      );
      const { raw } = await scoreRaw(pairs);
      let at = 0;
      return sets.map(({ references }) => {
        const own = raw.slice(at, at + references.length);
        at += references.length;
        return own.length === 0 ? null : rescale(bestOfReferences(own), row);
      });
    },
    close: async () => server?.close(),
  };
}

/** How vLLM gives these token vectors. It refuses to load a checkpoint that has more layers than it is told to take. */
function describeServing({ folder, config, layers }: Checkpoint): string {
  const whole = layers === config.layers;
  const served = whole
    ? folder
    : `a copy of ${folder} cut to ${layers} layers (AutoModel.from_pretrained(DIR, num_hidden_layers=${layers}).save_pretrained(COPY), and its tokenizer's files)`;
  return `serve ${served} with --runner pooling --pooler-config '{"task": "token_embed"}'`;
}

const NO_MATCH: BestMatches = { hypothesis: new Float32Array(0), reference: new Float32Array(0) };

/** Matches each different pair once, each reference travelling with its hypotheses. An empty side is not worth a match. */
async function matchOnce(
  pairs: readonly CodedPair[],
  match: (reference: CodedText, hypotheses: readonly CodedText[]) => Promise<readonly BestMatches[]>,
): Promise<readonly BestMatches[]> {
  const groups = new Map<string, { readonly reference: CodedText; readonly hypotheses: Map<string, CodedText> }>();
  for (const { reference, hypothesis } of pairs) {
    if (reference.ids.length === 2 || hypothesis.ids.length === 2) continue;
    const group = groups.get(reference.key) ?? { reference, hypotheses: new Map<string, CodedText>() };
    group.hypotheses.set(hypothesis.key, hypothesis);
    groups.set(reference.key, group);
  }
  const found = new Map<string, Map<string, BestMatches>>();
  const work: Promise<void>[] = [];
  for (const [key, { reference, hypotheses }] of groups) {
    const own = new Map<string, BestMatches>();
    found.set(key, own);
    const list = [...hypotheses.values()];
    for (let from = 0; from < list.length; from += HYPOTHESES_AT_ONCE) {
      const some = list.slice(from, from + HYPOTHESES_AT_ONCE);
      const keep = (best: readonly BestMatches[]) => {
        for (const [place, text] of some.entries()) own.set(text.key, best[place] ?? NO_MATCH);
      };
      work.push(match(reference, some).then(keep));
    }
  }
  await Promise.all(work);
  return pairs.map(({ reference, hypothesis }) => found.get(reference.key)?.get(hypothesis.key) ?? NO_MATCH);
}

/** Every row at length 1: a server may or may not have done so. */
function unitRows(vectors: Float32Array, width: number): Float32Array {
  const rows = new Float32Array(vectors.length);
  for (let at = 0; at < vectors.length; at += width) {
    let squares = 0;
    for (let place = at; place < at + width; place++) squares += (vectors[place] as number) ** 2;
    const length = Math.sqrt(squares);
    for (let place = at; place < at + width; place++) rows[place] = (vectors[place] as number) / length;
  }
  return rows;
}
