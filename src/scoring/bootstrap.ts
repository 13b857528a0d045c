import { createMersenneTwister, drawPlaces } from "./mersenne-twister.js";

/** The numbers of one metric, one column for each of its parts (precision, recall, F1, or one alone), all of equal length. */
export type ScoreColumns = readonly Float64Array[];

export interface BootstrapOptions {
  /** As given to `numpy.random.seed`: 0 to 2³² − 1. */
  readonly seed: number;
  /** 1,000 where left out. */
  readonly resamples?: number;
  /** 0.95 where left out. */
  readonly confidence?: number;
}

/** Percentiles of the resampled means. `mid` is their median, not the mean of the scores. */
export interface Interval {
  readonly low: number;
  readonly mid: number;
  readonly high: number;
}

/**
 * The intervals of `rouge_score.scoring.BootstrapAggregator` (0.1.2) after `numpy.random.seed(seed)`, bit for bit: metrics are
 * resampled one after the other from one stream, in the order given. Null for a metric without scores, which draws nothing.
 */
export function bootstrapIntervals(
  metrics: readonly ScoreColumns[],
  { seed, resamples = 1000, confidence = 0.95 }: BootstrapOptions,
): (readonly Interval[] | null)[] {
  const twister = createMersenneTwister(seed);
  const tail = (1 - confidence) / 2;
  // As the aggregator and numpy compute them: to per cent and back.
  const quantiles = [100 * tail, 100 * 0.5, 100 * (1 - tail)].map((percent) => percent / 100);
  return metrics.map((columns) => {
    const count = columns[0]?.length ?? 0;
    if (count === 0) return null;
    const means = columns.map(() => new Float64Array(resamples));
    const draw: Draw = (places, size) => drawPlaces(twister, count, places, size);
    const sumOnce = columns.length === 1 ? sumAlone(columns) : sumTogether(columns);
    for (let resample = 0; resample < resamples; resample++) {
      for (const [part, sum] of sumOnce(draw).entries()) (means[part] as Float64Array)[resample] = sum / count;
    }
    return means.map((values) => {
      values.sort();
      const [low = 0, mid = 0, high = 0] = quantiles.map((quantile) => quantileOf(values, quantile));
      return { low, mid, high };
    });
  });
}

/** Fills the first `size` of `places` with the rows that are drawn next. */
type Draw = (places: Int32Array, size: number) => void;

/** Rows drawn at once. In one loop over a million a row takes three times as long: V8 leaves it half optimised. */
const ROWS_AT_ONCE = 4096;

/** numpy adds the rows of a table one after the other. Gives the sums of one resample. */
function sumTogether(columns: ScoreColumns): (draw: Draw) => readonly number[] {
  const [precision, recall, f1, ...more] = columns;
  if (precision === undefined || recall === undefined || f1 === undefined || more.length > 0) {
    throw new Error(`a metric has one column or three, not ${columns.length}`);
  }
  const count = precision.length;
  // The numbers of a row lie together: of a million rows each is a reach into far memory, once and not for every column.
  const rows = new Float64Array(3 * count);
  for (let at = 0; at < count; at++) {
    rows.set([precision[at] as number, recall[at] as number, f1[at] as number], 3 * at);
  }
  const places = new Int32Array(ROWS_AT_ONCE);
  return (draw) => {
    const sums = { precision: 0, recall: 0, f1: 0 };
    for (let from = 0; from < count; from += ROWS_AT_ONCE) {
      const size = Math.min(ROWS_AT_ONCE, count - from);
      draw(places, size);
      addRows(rows, places, size, sums);
    }
    return [sums.precision, sums.recall, sums.f1];
  };
}

function addRows(
  rows: Float64Array,
  places: Int32Array,
  size: number,
  sums: { precision: number; recall: number; f1: number },
): void {
  let { precision, recall, f1 } = sums;
  for (let at = 0; at < size; at++) {
    const row = 3 * (places[at] as number);
    precision += rows[row] as number;
    recall += rows[row + 1] as number;
    f1 += rows[row + 2] as number;
  }
  Object.assign(sums, { precision, recall, f1 });
}

/** numpy adds a single column by halves, and up to 128 values in eight strands. */
function sumAlone([column = new Float64Array(0)]: ScoreColumns): (draw: Draw) => readonly number[] {
  const places = new Int32Array(128);
  const sumOf = (count: number, draw: Draw): number => {
    if (count <= 128) {
      draw(places, count);
      return sumInStrands(column, places, count);
    }
    const half = Math.floor(count / 2);
    const first = half - (half % 8);
    return sumOf(first, draw) + sumOf(count - first, draw);
  };
  return (draw) => [sumOf(column.length, draw)];
}

function sumInStrands(column: Float64Array, places: Int32Array, size: number): number {
  const drawn = (at: number) => column[places[at] as number] as number;
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
  const whole = size - (size % 8);
  for (let at = 0; at < whole; at += 8) {
    a += drawn(at);
    b += drawn(at + 1);
    c += drawn(at + 2);
    d += drawn(at + 3);
    e += drawn(at + 4);
    f += drawn(at + 5);
    g += drawn(at + 6);
    h += drawn(at + 7);
  }
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (let at = whole; at < size; at++) sum += drawn(at);
  return sum;
}

/** numpy's linear percentile of sorted values, with the form it takes from the middle on. */
function quantileOf(sorted: Float64Array, quantile: number): number {
  const place = (sorted.length - 1) * quantile;
  const below = Math.floor(place);
  const a = sorted[below] as number;
  const b = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  const share = place - below;
  return share >= 0.5 ? b - (b - a) * (1 - share) : a + (b - a) * share;
}
