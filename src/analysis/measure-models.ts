import { countOutcomes, OUTCOMES, type Outcome } from "../records/index.js";
import { BOOTSTRAP_GENERATOR, bootstrapClasses, type ClassBootstrap, type ClusterSums } from "./class-bootstrap.js";
import { findSignatures, type SignaturePlan } from "./find-signatures.js";
import type {
  CommonCells,
  LeftOut,
  MetricColumns,
  ModelRow,
  ModelScores,
  ModelTable,
  PartName,
} from "./model-scores.js";
import { difference, meanOf } from "./score-values.js";

export interface MeasureOptions extends ClassBootstrap {
  /** A teacher's name, `mean` or `max`; null is `mean`, or the only teacher. */
  readonly against: string | null;
}

/** One row before its interval is known. */
export interface PlannedRow {
  readonly model: string;
  readonly role: "teacher" | "candidate";
  readonly against: string;
  readonly references: readonly string[];
  readonly metric: MetricColumns;
  readonly values: Float64Array;
  /** 1 where every candidate has a number against every teacher; null for a teacher's row. */
  readonly common: Uint8Array | null;
}

/**
 * The table of a run: every candidate against each teacher, and against all by mean and maximum where there are several;
 * each with an interval from one bootstrap over classes, its rank on the pictures all have, and what was left out.
 */
export function measureModels(scores: ModelScores, options: MeasureOptions): ModelTable {
  const rows = scores.metrics.flatMap((metric) => planRows(scores, metric));
  const against = options.against ?? defaultAgainst(scores);
  const sumUp = (values: Float64Array, mask: Uint8Array | null) => clusterSums(scores, values, mask);
  const columns: ClusterSums[] = [];
  const add = (sums: ClusterSums) => columns.push(sums) - 1;
  const own = rows.map((row) => add(sumUp(row.values, null)));
  const common = rows.map((row) => (row.common === null ? null : add(sumUp(row.values, row.common))));
  const ranks = rankRows(rows);
  const ahead = rows.map((row, at) => {
    const next = ranks[at]?.next;
    const other = next === undefined || next === null ? undefined : rows[next];
    return other === undefined
      ? null
      : { next: other.model, place: add(sumUp(difference(row.values, other.values), row.common)) };
  });
  const signatures: SignaturePlan[] = findSignatures(rows, against, (values, mask) => add(sumUp(values, mask)));
  const estimates = bootstrapClasses(columns, options);
  const estimate = (place: number) => estimates[place] ?? { n: 0, mean: null, low: null, high: null };
  const finished = rows.map((row, at): ModelRow => {
    const shared = common[at] ?? null;
    const gap = ahead[at] ?? null;
    const found: CommonCells | null =
      shared === null
        ? null
        : {
            ...estimate(shared),
            rank: ranks[at]?.rank ?? null,
            aheadOfNext: gap === null ? null : { next: gap.next, ...estimate(gap.place) },
          };
    const { n, ...rest } = estimate(own[at] ?? -1);
    return {
      model: row.model,
      role: row.role,
      against: row.against,
      n,
      ...rest,
      ...bounds(row, scores.images),
      leftOut: leftOut(scores, row),
      common: found,
    };
  });
  const { seed, resamples, confidence } = options;
  return {
    images: scores.images,
    clusters: { by: scores.clusteredBy, count: scores.clusterCount },
    bootstrap: { generator: BOOTSTRAP_GENERATOR, seed, resamples, confidence },
    against,
    models: scores.models.map(({ name, role, caveat, observer, outcomes }) => {
      const counts = countOutcomes();
      for (const outcome of outcomes) counts[OUTCOMES[outcome] ?? "missing"] += 1;
      return { name, role, caveat, observer, outcomes: counts };
    }),
    metrics: scores.metrics.map((metric) => ({
      part: metric.part,
      metric: metric.metric,
      signature: metric.signature,
      protocol: metric.protocol,
      truncated: metric.truncated,
      rows: finished.filter((_, at) => rows[at]?.metric === metric),
    })),
    signatures: signatures.map((plan) => plan.settle(estimate)),
  };
}

function defaultAgainst({ models }: ModelScores): string {
  const teachers = models.filter(({ role }) => role === "teacher");
  return teachers.length === 1 ? (teachers[0]?.name ?? "mean") : "mean";
}

function planRows({ models, images }: ModelScores, metric: MetricColumns): PlannedRow[] {
  const named = (role: string) => models.filter((model) => model.role === role).map(({ name }) => name);
  const teachers = named("teacher");
  const candidates = named("candidate");
  const find = (model: string, reference: string) =>
    metric.columns.find((column) => column.model === model && column.reference === reference)?.values;
  const all = candidates.flatMap((model) => teachers.flatMap((teacher) => find(model, teacher) ?? []));
  const common = Uint8Array.from({ length: images }, (_, at) => (all.every((values) => isScore(values[at])) ? 1 : 0));
  const rows: PlannedRow[] = [];
  for (const model of candidates) {
    const single = teachers.flatMap((teacher) => {
      const values = find(model, teacher);
      return values === undefined ? [] : [{ against: teacher, references: [teacher], values }];
    });
    const columns = single.map(({ values }) => values);
    const joint =
      columns.length < 2
        ? []
        : [
            { against: "mean", references: teachers, values: combine(columns, (some) => sum(some) / some.length) },
            { against: "max", references: teachers, values: combine(columns, (some) => Math.max(...some)) },
          ];
    for (const row of [...single, ...joint]) rows.push({ ...row, model, role: "candidate", metric, common });
  }
  for (const { model, reference, values } of metric.columns) {
    if (!teachers.includes(model)) continue;
    rows.push({ model, role: "teacher", against: reference, references: [reference], metric, values, common: null });
  }
  return rows;
}

function isScore(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A number only where every column has one. */
function combine(columns: readonly Float64Array[], how: (values: readonly number[]) => number): Float64Array {
  return Float64Array.from({ length: columns[0]?.length ?? 0 }, (_, at) => {
    const values = columns.map((column) => column[at]).filter(isScore);
    return values.length === columns.length ? how(values) : Number.NaN;
  });
}

function clusterSums(
  { clusters, clusterCount }: ModelScores,
  values: Float64Array,
  mask: Uint8Array | null,
): ClusterSums {
  const sums = new Float64Array(clusterCount);
  const counts = new Float64Array(clusterCount);
  for (const [at, value] of values.entries()) {
    if (Number.isNaN(value) || (mask !== null && mask[at] !== 1)) continue;
    const cluster = clusters[at] ?? 0;
    sums[cluster] = (sums[cluster] ?? 0) + value;
    counts[cluster] = (counts[cluster] ?? 0) + 1;
  }
  return { sums, counts };
}

/** Ranks within one metric and one reference; equal means share the better rank. `next` is the row that comes after it. */
function rankRows(
  rows: readonly PlannedRow[],
): readonly ({ readonly rank: number; readonly next: number | null } | null)[] {
  const means = rows.map((row) => (row.common === null ? null : meanOf(row.values, row.common)));
  return rows.map((row, at) => {
    const value = means[at] ?? null;
    if (value === null) return null;
    const peers = rows.flatMap((other, place) => {
      const mean = means[place] ?? null;
      return mean !== null && other.metric === row.metric && other.against === row.against ? [{ place, mean }] : [];
    });
    const order = [...peers].sort((a, b) => b.mean - a.mean || a.place - b.place);
    const here = order.findIndex(({ place }) => place === at);
    return { rank: 1 + peers.filter((peer) => peer.mean > value).length, next: order[here + 1]?.place ?? null };
  });
}

function bounds({ metric: { range }, values }: PlannedRow, images: number) {
  if (range === null || images === 0) return { worst: null, best: null };
  const scored = values.filter((value) => !Number.isNaN(value));
  const total = scored.reduce((all, value) => all + value, 0);
  const rest = images - scored.length;
  return { worst: (total + rest * range.least) / images, best: (total + rest * range.most) / images };
}

function leftOut({ models }: ModelScores, row: PlannedRow): LeftOut {
  const { part } = row.metric;
  const own = models.find(({ name }) => name === row.model);
  const references = models.filter(({ name }) => row.references.includes(name));
  const { answered: _, ...outcomes } = countOutcomes();
  const counts = { outcomes, referenceNotAnswered: 0, withoutPart: 0, unscored: 0 };
  const outcomeAt = (model: { readonly outcomes: Uint8Array } | undefined, at: number): Outcome =>
    OUTCOMES[model?.outcomes[at] ?? OUTCOMES.length - 1] ?? "missing";
  const has = (model: { readonly hasText: Readonly<Record<PartName, Uint8Array>> } | undefined, at: number) =>
    model?.hasText[part][at] === 1;
  for (let at = 0; at < row.values.length; at++) {
    if (isScore(row.values[at])) continue;
    const outcome = outcomeAt(own, at);
    if (outcome !== "answered") counts.outcomes[outcome] += 1;
    else if (references.some((reference) => outcomeAt(reference, at) !== "answered")) counts.referenceNotAnswered += 1;
    else if (!has(own, at) || references.some((reference) => !has(reference, at))) counts.withoutPart += 1;
    else counts.unscored += 1;
  }
  return counts;
}
