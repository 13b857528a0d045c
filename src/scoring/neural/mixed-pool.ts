import type { MetricFacts, Score } from "../../records/index.js";
import { type PairFields, type PairLine, readPairLines } from "../pair-lines.js";
import { columnsOf, outputLine, pushId, pushValues, type ScoredBlock } from "../score-block.js";
import type { BlockResult, ScorePool } from "../score-pool.js";
import type { NeuralScorer, SeenSides, TextPair } from "./neural-scorer.js";

export interface MixedPoolOptions {
  readonly fields: PairFields;
  /** All metrics in the order their numbers are written: those of `lexical` and of `neural`. */
  readonly metrics: readonly MetricFacts[];
  /** Scores the metrics that need no encoder, in the order they have among `metrics`; null where there is none. */
  readonly lexical: ScorePool | null;
  readonly neural: readonly NeuralScorer[];
  /** Called with each block before it is scored. */
  readonly onBlock: (block: { readonly bytes: number; readonly pairs: number }) => void;
}

/** A pool whose blocks are scored by encoders, and by threads for the metrics that need none; each line gets all its numbers. */
export function createMixedPool(options: MixedPoolOptions): ScorePool {
  const { fields, metrics, neural } = options;
  const names = metrics.map((metric) => JSON.stringify(metric.name));
  return {
    async take(block): Promise<ScoredBlock> {
      const lines: PairLine[] = [];
      const { lines: count, fault } = readPairLines(block, fields, (pair) => lines.push(pair));
      options.onBlock({ bytes: block.length, pairs: lines.length });
      // The threads take the block's memory away, so they come last.
      const others = options.lexical?.take(block) ?? Promise.resolve(null);
      const [lexical, ...meant] = await Promise.all([others, ...neural.map((scorer) => scoreKnown(scorer, lines))]);
      const columns = lexicalColumns(metrics, neural, lexical);
      const output: string[] = [];
      const ids: number[] = [];
      const values: number[] = [];
      for (const [row, line] of lines.entries()) {
        const scores = metrics.map((metric, at) => {
          const place = neural.findIndex((scorer) => scorer.name === metric.name);
          return place >= 0 ? (meant[place]?.scores[row] ?? null) : columns(at, row);
        });
        output.push(outputLine(line.id, names, scores));
        pushId(ids, line);
        for (const [at, score] of scores.entries()) pushValues(values, score, metrics[at]?.shape === "prf");
      }
      return {
        pairs: lines.length,
        lines: count,
        output: Buffer.from(output.join(""), "utf8"),
        ids: Uint32Array.from(ids),
        values: Float64Array.from(values),
        fault,
        seen: Object.fromEntries(neural.map(({ name }, place) => [name, meant[place]?.seen as SeenSides])),
      };
    },
    counted: async () => [],
    close: async () => options.lexical?.close(),
  };
}

/** Scores the pairs that have both texts; null for the others. */
async function scoreKnown(scorer: NeuralScorer, lines: readonly PairLine[]) {
  const known: TextPair[] = [];
  const places: number[] = [];
  for (const [place, { reference, hypothesis }] of lines.entries()) {
    if (reference === null || hypothesis === null) continue;
    known.push({ reference, hypothesis });
    places.push(place);
  }
  const { scores, seen } = await scorer.score(known);
  const all: Score[] = lines.map(() => null);
  for (const [at, place] of places.entries()) all[place] = scores[at] ?? null;
  return { scores: all, seen };
}

/** Gives back the scores of the other metrics from their columns. */
function lexicalColumns(metrics: readonly MetricFacts[], neural: readonly NeuralScorer[], result: BlockResult | null) {
  const own = metrics.filter((metric) => !neural.some(({ name }) => name === metric.name));
  const width = own.reduce((sum, metric) => sum + columnsOf(metric), 0);
  const values = result !== null && "values" in result ? result.values : new Float64Array(0);
  const starts = new Map<string, number>();
  let next = 0;
  for (const metric of own) {
    starts.set(metric.name, next);
    next += columnsOf(metric);
  }
  return (at: number, row: number): Score => {
    const metric = metrics[at];
    const start = row * width + (starts.get(metric?.name ?? "") ?? 0);
    const [precision = Number.NaN, recall = Number.NaN, f1 = Number.NaN] = values.subarray(start, start + 3);
    if (Number.isNaN(precision)) return null;
    return metric?.shape === "prf" ? { precision, recall, f1 } : precision;
  };
}
