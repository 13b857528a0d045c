import { type MetricFacts, type MetricProtocol, TOOL_VERSION } from "../records/index.js";
import { bootstrapIntervals, type Interval } from "./bootstrap.js";
import type { SeenByMetric, SeenSides, SeenTokens } from "./neural/neural-scorer.js";
import type { PairFields } from "./pair-lines.js";
import { columnsOf } from "./score-block.js";

/** One number, or one for each of precision, recall and F1. */
export type ByPart<T> = T | { readonly precision: T; readonly recall: T; readonly f1: T };

/** What all pairs gave for one metric. */
export interface MetricSummary {
  readonly signature: string;
  readonly protocol: MetricProtocol;
  readonly scored: number;
  /** Pairs whose score is null. */
  readonly unscored: number;
  /** Over the scored pairs; null where there is none. */
  readonly mean: ByPart<number> | null;
  /** Of the sample, with n − 1; null below two scored pairs. */
  readonly standardDeviation: ByPart<number> | null;
  /** Null where no pair was scored, absent where it was not asked for. */
  readonly interval?: ByPart<Interval> | null;
  /** For a metric with an encoder: how much of either side its limit took; null where a torn file made that unknown. */
  readonly truncated?: Truncated | null;
}

/** What the limit of an encoder took from each side. */
export interface Truncated {
  readonly reference: TruncatedSide;
  readonly hypothesis: TruncatedSide;
}

export interface TruncatedSide extends SeenTokens {
  /** Texts that were cut, 0 to 1; null where there is no text. */
  readonly cutShare: number | null;
  /** Tokens that were not seen, 0 to 1; null where there is no token. */
  readonly unseenShare: number | null;
}

export interface ScoreSummary {
  readonly tool: string;
  readonly file: string;
  readonly fields: PairFields;
  readonly pairs: number;
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  readonly bootstrap?: {
    readonly equals: string;
    readonly seed: number;
    readonly resamples: number;
    readonly confidence: number;
    readonly order: readonly string[];
  };
}

/** The numbers of one column as they arrive: running moments, and all of them where intervals are asked for. */
interface Column {
  count: number;
  mean: number;
  /** Sum of squared differences from the mean. */
  squares: number;
  kept: Float64Array | null;
}

/** Takes the numbers of a stream in the order read. */
export interface SummaryTaker {
  /** Rows of all columns of all metrics; NaN where there is no score. */
  take(values: Float64Array, pairs: number): void;
  summarise(facts: {
    readonly file: string;
    readonly fields: PairFields;
    /** Of the metrics that have encoders. */
    readonly seen?: SeenByMetric;
    readonly withEncoders?: readonly string[];
  }): ScoreSummary;
}

const RESAMPLES = 1000;
const CONFIDENCE = 0.95;

/** `seed` null asks for no intervals, and keeps no numbers. */
export function createSummaryTaker(metrics: readonly MetricFacts[], seed: number | null): SummaryTaker {
  const columns = metrics.flatMap((metric) =>
    Array.from(
      { length: columnsOf(metric) },
      (): Column => ({ count: 0, mean: 0, squares: 0, kept: seed === null ? null : new Float64Array(1 << 10) }),
    ),
  );
  let pairs = 0;
  return {
    take(values, count) {
      pairs += count;
      for (let row = 0; row < count; row++) {
        for (let at = 0; at < columns.length; at++) {
          addValue(columns[at] as Column, values[row * columns.length + at] as number);
        }
      }
    },
    summarise({ file, fields, seen = {}, withEncoders = [] }) {
      let first = 0;
      const parts = metrics.map((metric) => {
        const own = columns.slice(first, first + columnsOf(metric));
        first += columnsOf(metric);
        return own;
      });
      const kept = parts.map((own) => own.map(({ kept, count }) => (kept ?? new Float64Array(0)).subarray(0, count)));
      const intervals =
        seed === null ? null : bootstrapIntervals(kept, { seed, resamples: RESAMPLES, confidence: CONFIDENCE });
      const summaries = metrics.map((metric, at): [string, MetricSummary] => {
        const own = parts[at] ?? [];
        const scored = own[0]?.count ?? 0;
        const interval = intervals?.[at];
        return [
          metric.name,
          {
            signature: metric.signature,
            protocol: metric.protocol,
            scored,
            unscored: pairs - scored,
            mean: scored === 0 ? null : byPart(own.map((column) => column.mean)),
            standardDeviation:
              scored < 2 ? null : byPart(own.map((column) => Math.sqrt(column.squares / (scored - 1)))),
            ...(intervals === null ? {} : { interval: interval == null ? null : byPart(interval) }),
            ...(withEncoders.includes(metric.name) ? { truncated: describeSeen(seen[metric.name]) } : {}),
          },
        ];
      });
      return {
        tool: `imagenet-think ${TOOL_VERSION}`,
        file,
        fields,
        pairs,
        metrics: Object.fromEntries(summaries),
        ...(seed === null ? {} : { bootstrap: describeBootstrap(metrics, seed) }),
      };
    },
  };
}

function describeSeen(seen: SeenSides | undefined): Truncated | null {
  if (seen === undefined) return null;
  const side = (one: SeenTokens): TruncatedSide => ({
    ...one,
    cutShare: one.texts === 0 ? null : one.cut / one.texts,
    unseenShare: one.tokens === 0 ? null : 1 - one.seen / one.tokens,
  });
  return { reference: side(seen.reference), hypothesis: side(seen.hypothesis) };
}

function describeBootstrap(metrics: readonly MetricFacts[], seed: number) {
  return {
    equals: "rouge_score 0.1.2 BootstrapAggregator after numpy.random.seed(seed); scored pairs in the order read",
    seed,
    resamples: RESAMPLES,
    confidence: CONFIDENCE,
    order: metrics.map((metric) => metric.name),
  };
}

function byPart<T>(values: readonly T[]): ByPart<T> {
  const [precision, recall, f1] = values;
  return recall === undefined || f1 === undefined ? (precision as T) : { precision: precision as T, recall, f1 };
}

/** Welford's update, which loses nothing to large sums. */
function addValue(column: Column, value: number): void {
  if (Number.isNaN(value)) return;
  if (column.kept !== null) {
    if (column.count === column.kept.length) {
      const wider = new Float64Array(2 * column.count);
      wider.set(column.kept);
      column.kept = wider;
    }
    column.kept[column.count] = value;
  }
  column.count += 1;
  const away = value - column.mean;
  column.mean += away / column.count;
  column.squares += away * (value - column.mean);
}
