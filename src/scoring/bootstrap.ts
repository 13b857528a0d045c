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
    const places = new Uint32Array(count);
    const drawn = new Float64Array(columns.length === 1 ? count : 0);
    for (let resample = 0; resample < resamples; resample++) {
      drawPlaces(twister, count, places);
      columns.forEach((column, part) => {
        const sum = columns.length === 1 ? sumAlone(column, places, drawn) : sumInOrder(column, places);
        (means[part] as Float64Array)[resample] = sum / count;
      });
    }
    return means.map((values) => {
      values.sort();
      const [low = 0, mid = 0, high = 0] = quantiles.map((quantile) => quantileOf(values, quantile));
      return { low, mid, high };
    });
  });
}

/** numpy adds the rows of a table one after the other. */
function sumInOrder(column: Float64Array, places: Uint32Array): number {
  let sum = 0;
  for (let at = 0; at < places.length; at++) sum += column[places[at] as number] as number;
  return sum;
}

function sumAlone(column: Float64Array, places: Uint32Array, drawn: Float64Array): number {
  for (let at = 0; at < places.length; at++) drawn[at] = column[places[at] as number] as number;
  return sumInPairs(drawn, 0, drawn.length);
}

/** numpy adds a single column by halves, and up to 128 values in eight strands. */
function sumInPairs(values: Float64Array, from: number, to: number): number {
  const count = to - from;
  if (count < 8) return values.subarray(from, to).reduce((sum, value) => sum + value, 0);
  if (count > 128) {
    const half = Math.floor(count / 2);
    const middle = from + half - (half % 8);
    return sumInPairs(values, from, middle) + sumInPairs(values, middle, to);
  }
  const strands = Array.from(values.subarray(from, from + 8));
  const whole = from + count - (count % 8);
  for (let at = from + 8; at < whole; at++) {
    const strand = (at - from) % 8;
    strands[strand] = (strands[strand] as number) + (values[at] as number);
  }
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = strands;
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (let at = whole; at < to; at++) sum += values[at] as number;
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
