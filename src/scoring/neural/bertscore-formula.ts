import { readFile } from "node:fs/promises";
import { type PrecisionRecallF1, UserError } from "../../records/index.js";
import type { BestMatches } from "./encoder-session.js";

/** A score that lies on another scale: (x - b) / (1 - b). */
export interface Baseline {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/**
 * Precision, recall and F1 of bert_score: each side's best matches, weighed. A side of two tokens is an empty text and gives 0.
 * Weights that are all 0 leave precision or recall NaN; F1 is then 0, as there.
 */
export function scoreBestMatches(
  best: BestMatches,
  ids: { readonly hypothesis: Int32Array; readonly reference: Int32Array },
  weightOf: (id: number) => number,
): PrecisionRecallF1 {
  if (ids.hypothesis.length === 2 || ids.reference.length === 2) return { precision: 0, recall: 0, f1: 0 };
  const precision = weightedMean(best.hypothesis, ids.hypothesis, weightOf);
  const recall = weightedMean(best.reference, ids.reference, weightOf);
  const f1 = (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1: Number.isNaN(f1) ? 0 : f1 };
}

function weightedMean(values: Float32Array, ids: Int32Array, weightOf: (id: number) => number): number {
  let sum = 0;
  let weights = 0;
  for (let place = 0; place < ids.length; place++) {
    const weight = weightOf(ids[place] as number);
    sum += (values[place] as number) * weight;
    weights += weight;
  }
  return sum / weights;
}

/** Of several references the highest of each number by itself, as bert_score; NaN wins there too. */
export function bestOfReferences(scores: readonly PrecisionRecallF1[]): PrecisionRecallF1 {
  const best = (part: keyof PrecisionRecallF1) => Math.max(...scores.map((score) => score[part]));
  return { precision: best("precision"), recall: best("recall"), f1: best("f1") };
}

/** Puts a score on the scale of a baseline. */
export function rescale(score: PrecisionRecallF1, baseline: Baseline | null): PrecisionRecallF1 {
  if (baseline === null) return score;
  const move = (part: keyof PrecisionRecallF1) => (score[part] - baseline[part]) / (1 - baseline[part]);
  return { precision: move("precision"), recall: move("recall"), f1: move("f1") };
}

/** Reads one row of a baseline table of bert_score: a line `LAYER,P,R,F`, then the layers from 0 on. */
export async function readBaseline(path: string, layer: number): Promise<Baseline> {
  const body = await readFile(path, "utf8").catch(() => {
    throw new UserError(`the baseline ${path} cannot be read; bert_score keeps its tables in rescale_baseline/`);
  });
  const [head = "", ...rows] = body.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (!/^LAYER,P,R,F$/i.test(head.replaceAll(" ", ""))) {
    throw new UserError(
      `the baseline ${path} begins with ${JSON.stringify(head.slice(0, 40))} and not with LAYER,P,R,F`,
    );
  }
  // The row is found by its place, as bert_score does.
  const row = rows[layer];
  if (row === undefined) {
    throw new UserError(`the baseline ${path} ends at layer ${rows.length - 1}, and layer ${layer} is scored`);
  }
  const [at, ...numbers] = row.split(",").map(Number);
  const [precision = Number.NaN, recall = Number.NaN, f1 = Number.NaN] = numbers;
  if (at !== layer || ![precision, recall, f1].every((number) => Number.isFinite(number) && number !== 1)) {
    throw new UserError(`the baseline ${path} has no usable numbers for layer ${layer}: ${JSON.stringify(row)}`);
  }
  // The library holds them in single precision.
  return { precision: Math.fround(precision), recall: Math.fround(recall), f1: Math.fround(f1) };
}
