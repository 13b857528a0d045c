/** What one number's cells add up to, cluster by cluster: its mean is the sum of `sums` over the sum of `counts`. */
export interface ClusterSums {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

export interface Estimate {
  /** Cells. */
  readonly n: number;
  /** Null where there is no cell. */
  readonly mean: number | null;
  /** Ends of the interval; null below two clusters with cells. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface ClassBootstrap {
  readonly seed: number;
  readonly resamples: number;
  /** E.g. 0.95. */
  readonly confidence: number;
}

/** Named wherever an interval stands, since another generator gives other last digits. */
export const BOOTSTRAP_GENERATOR = "xoshiro128**, seeded by splitmix32";

/**
 * Percentile intervals of means under resampling of whole clusters with replacement. All numbers see the same draws, so
 * that the interval of a difference is that of the paired difference. Pictures of a class are alike: resampling pictures
 * as if they were not gives intervals that are too narrow.
 */
export function bootstrapClasses(columns: readonly ClusterSums[], options: ClassBootstrap): Estimate[] {
  const { seed, resamples, confidence } = options;
  const clusters = columns[0]?.sums.length ?? 0;
  const replicates = columns.map(() => new Float64Array(resamples));
  const random = createRandom(seed);
  const weights = new Uint32Array(clusters);
  for (let resample = 0; resample < resamples; resample++) {
    weights.fill(0);
    for (let draw = 0; draw < clusters; draw++) {
      const drawn = Math.floor((random() / 2 ** 32) * clusters);
      weights[drawn] = (weights[drawn] as number) + 1;
    }
    for (const [at, column] of columns.entries()) {
      const means = replicates[at];
      if (means !== undefined) means[resample] = weightedMean(column, weights);
    }
  }
  return columns.map((column, at) => estimate(column, replicates[at] ?? new Float64Array(0), confidence));
}

function weightedMean({ sums, counts }: ClusterSums, weights: Uint32Array): number {
  let sum = 0;
  let count = 0;
  for (let cluster = 0; cluster < weights.length; cluster++) {
    const weight = weights[cluster] as number;
    if (weight === 0) continue;
    sum += weight * (sums[cluster] as number);
    count += weight * (counts[cluster] as number);
  }
  return sum / count;
}

function estimate(column: ClusterSums, means: Float64Array, confidence: number): Estimate {
  const n = total(column.counts);
  if (n === 0) return { n, mean: null, low: null, high: null };
  const mean = total(column.sums) / n;
  const filled = column.counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  if (filled < 2) return { n, mean, low: null, high: null };
  // A resample of clusters that hold no cell of this number has no mean.
  const sorted = means.filter((value) => !Number.isNaN(value)).sort();
  const tail = (1 - confidence) / 2;
  return { n, mean, low: percentile(sorted, tail), high: percentile(sorted, 1 - tail) };
}

/** Linear interpolation between order statistics, as numpy's default. */
function percentile(sorted: Float64Array, share: number): number | null {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  return below === undefined || above === undefined ? null : below + (above - below) * (at - Math.floor(at));
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** xoshiro128** (Blackman and Vigna): 32 bits a call. */
function createRandom(seed: number): () => number {
  const next = splitmix(seed);
  let [a, b, c, d] = [next(), next(), next(), next()];
  const turn = (value: number, by: number) => (value << by) | (value >>> (32 - by));
  return () => {
    const result = Math.imul(turn(Math.imul(b, 5), 7), 9) >>> 0;
    const moved = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= moved;
    d = turn(d, 11);
    return result;
  };
}

function splitmix(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}
