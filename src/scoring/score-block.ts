import { createHash } from "node:crypto";
import type { MetricFacts, PrecisionRecallF1, Score } from "../records/index.js";
import type { LexicalScorer } from "./lexical-scorer.js";
import type { SeenByMetric } from "./neural/neural-scorer.js";
import { type LineFault, type PairFields, type PairLine, readPairLines } from "./pair-lines.js";
import { betterRouge, rouge } from "./rouge.js";

/** What became of a block of lines. Made of plain arrays, so that a thread can hand it over. */
export interface ScoredBlock {
  readonly pairs: number;
  /** Lines read, blank ones too. */
  readonly lines: number;
  /** One line a pair, in order. */
  readonly output: Uint8Array;
  /** `ID_WORDS` a pair: 96 bits of the hash of its id, and its line in the block. */
  readonly ids: Uint32Array;
  /** The columns of every metric, pair by pair; NaN where there is no score. */
  readonly values: Float64Array;
  /** What ended the block early; what came before it is in the other fields. */
  readonly fault: LineFault | null;
  /** By metric, how much of the texts its encoder saw; absent where no metric has one. */
  readonly seen?: SeenByMetric;
}

export const ID_WORDS = 4;

/** How many columns a metric's numbers take. */
export function columnsOf(metric: Pick<MetricFacts, "shape">): number {
  return metric.shape === "prf" ? 3 : 1;
}

/** Scores a block of whole lines. */
export function scoreBlock(scorer: LexicalScorer, block: Buffer, fields: PairFields): ScoredBlock {
  const { metrics } = scorer;
  const names = metrics.map((metric) => JSON.stringify(metric.name));
  const unscored = metrics.map(() => null);
  const output: string[] = [];
  const ids: number[] = [];
  const values: number[] = [];
  const found = (pair: PairLine) => {
    const { reference, others, hypothesis } = pair;
    const scores =
      reference === null || hypothesis === null ? unscored : scoreAll(scorer, [reference, ...others], hypothesis);
    output.push(outputLine(pair.id, names, scores));
    pushId(ids, pair);
    scores.forEach((score, at) => {
      pushValues(values, score, metrics[at]?.shape === "prf");
    });
  };
  const takesSeveral = metrics.every((metric) => rouge.names.includes(metric.name));
  const { lines, fault } = readPairLines(block, fields, found, takesSeveral);
  return {
    pairs: output.length,
    lines,
    output: Buffer.from(output.join(""), "utf8"),
    ids: Uint32Array.from(ids),
    values: Float64Array.from(values),
    fault,
  };
}

/** Of several references each metric takes the one that is best for it. */
function scoreAll(scorer: LexicalScorer, references: readonly string[], hypothesis: string): readonly Score[] {
  return references
    .map((reference): readonly Score[] => scorer.score(reference, hypothesis))
    .reduce((best, scores) => best.map((score, at) => betterRouge(score, scores[at] ?? null)));
}

/** The line of a pair. `names` are JSON already. */
export function outputLine(id: string, names: readonly string[], scores: readonly Score[]): string {
  let line = `{"id":${id}`;
  for (let at = 0; at < names.length; at++) line += `,${names[at]}:${JSON.stringify(scores[at])}`;
  return `${line}}\n`;
}

/** Adds the words by which an id is known again. */
export function pushId(ids: number[], { id, line }: Pick<PairLine, "id" | "line">): void {
  const hash = createHash("sha256").update(id).digest();
  ids.push(hash.readUInt32LE(0), hash.readUInt32LE(4), hash.readUInt32LE(8), line);
}

/** Adds the columns of a score. One that lacks a number, as BERTScore's may, is no score. */
export function pushValues(values: number[], score: Score, isTriple: boolean): void {
  if (score !== null && typeof score === "object" && isWhole(score)) {
    values.push(score.precision, score.recall, score.f1);
  } else if (isTriple) values.push(Number.NaN, Number.NaN, Number.NaN);
  else values.push(typeof score === "number" ? score : Number.NaN);
}

/** Null stands for NaN in a line that was read again. */
function isWhole({ precision, recall, f1 }: PrecisionRecallF1): boolean {
  return precision !== null && recall !== null && !Number.isNaN(precision + recall + f1);
}
