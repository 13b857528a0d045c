import type { Estimate } from "./class-bootstrap.js";
import type { PlannedRow } from "./measure-models.js";
import type { Signature } from "./model-scores.js";
import { difference, meanOf } from "./score-values.js";

/** A pattern that was looked for, waiting for its intervals. */
export interface SignaturePlan {
  settle(estimate: (place: number) => Estimate): Signature;
}

type AddColumn = (values: Float64Array, mask: Uint8Array | null) => number;

interface Planned {
  readonly of: string;
  readonly place: number;
  /** The sign the pattern asks for. */
  readonly sign: 1 | -1;
}

/**
 * Looks for the paper's patterns on one reference: thinking above the answer or below it, a high BERTScore beside a low
 * Sentence-BERT, one model last in all. Every one is a paired difference on the same pictures. A pattern is listed where
 * the means show it, and claimed only where every interval excludes zero.
 */
export function findSignatures(rows: readonly PlannedRow[], against: string, add: AddColumn): SignaturePlan[] {
  const chosen = rows.filter((row) => row.role === "candidate" && row.against === against);
  return [...compareParts(chosen, add), ...compareEncoders(chosen, add), ...findLast(chosen, add)];
}

function compareParts(rows: readonly PlannedRow[], add: AddColumn): SignaturePlan[] {
  return rows.flatMap((thinking) => {
    const answers = rows.filter(
      ({ model, metric }) =>
        model === thinking.model && metric.part === "answer" && metric.metric === thinking.metric.metric,
    );
    // A fitted metric is fitted on each part for itself, so its two signatures differ.
    const answer = answers.find(({ metric }) => metric.signature === thinking.metric.signature) ?? answers[0];
    if (thinking.metric.part !== "thinking" || answer === undefined) return [];
    const values = difference(thinking.values, answer.values);
    const mean = meanOf(values, null);
    if (mean === null || mean === 0) return [];
    const name = mean > 0 ? "thinking-above-answer" : "thinking-below-answer";
    const planned: Planned = { of: "thinking − answer", place: add(values, null), sign: mean > 0 ? 1 : -1 };
    return [planOf(name, thinking.model, thinking.metric.metric, [planned])];
  });
}

/** High and low are against the mean of the other candidates. */
function compareEncoders(rows: readonly PlannedRow[], add: AddColumn): SignaturePlan[] {
  return rows.flatMap((bert) => {
    const sbert = rows.find(
      ({ model, metric }) => model === bert.model && metric.part === bert.metric.part && metric.metric === "sbert",
    );
    if (bert.metric.metric !== "bertscore" || sbert === undefined) return [];
    const above = aboveOthers(rows, bert);
    const below = aboveOthers(rows, sbert);
    if (above === null || below === null) return [];
    if (!((meanOf(above, bert.common) ?? 0) > 0 && (meanOf(below, sbert.common) ?? 0) < 0)) return [];
    return [
      planOf("bertscore-high-sbert-low", bert.model, bert.metric.part, [
        { of: "bertscore − others' mean", place: add(above, bert.common), sign: 1 },
        { of: "sbert − others' mean", place: add(below, sbert.common), sign: -1 },
      ]),
    ];
  });
}

function aboveOthers(rows: readonly PlannedRow[], row: PlannedRow): Float64Array | null {
  const others = rows.filter((other) => other.metric === row.metric && other !== row);
  if (others.length === 0) return null;
  const mean = row.values.map((_, at) => {
    const sum = others.reduce((total, other) => total + (other.values[at] ?? Number.NaN), 0);
    return sum / others.length;
  });
  return difference(row.values, mean);
}

function findLast(rows: readonly PlannedRow[], add: AddColumn): SignaturePlan[] {
  const models = [...new Set(rows.map(({ model }) => model))];
  const plans = models.flatMap((model) => {
    const gaps = rows
      .filter((row) => row.model === model)
      .flatMap((row) =>
        rows
          .filter((other) => other.metric === row.metric && other !== row)
          .map((other) => ({
            of: `${row.metric.part} ${row.metric.metric}: ${other.model} − ${model}`,
            values: difference(other.values, row.values),
            mask: row.common,
          })),
      );
    const isLast = gaps.length > 0 && gaps.every(({ values, mask }) => (meanOf(values, mask) ?? 0) > 0);
    if (!isLast) return [];
    const planned = gaps.map(({ of, values, mask }): Planned => ({ of, place: add(values, mask), sign: 1 }));
    return [planOf("last-in-all", model, "all", planned)];
  });
  return plans;
}

function planOf(name: Signature["name"], model: string, on: string, planned: readonly Planned[]): SignaturePlan {
  return {
    settle(estimate) {
      const differences = planned.map(({ of, place, sign }) => ({ of, sign, ...estimate(place) }));
      const claimed = differences.every(({ low, high, sign }) =>
        low === null || high === null ? false : sign > 0 ? low > 0 : high < 0,
      );
      return { name, model, on, claimed, differences: differences.map(({ sign: _, ...rest }) => rest) };
    },
  };
}
