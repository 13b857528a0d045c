/** From this distance on every position shares one bucket. */
const FARTHEST = 128;

/**
 * MPNet's bucket for each distance from -(length-1) to length-1 (key minus query), as int64 for the graph.
 * Half the buckets are for keys behind the query; the near half of each half is exact, the rest logarithmic.
 */
export function relativeBuckets(length: number, buckets: number): BigInt64Array {
  const half = Math.floor(buckets / 2);
  const exact = Math.floor(half / 2);
  const found = new BigInt64Array(2 * length - 1);
  for (let distance = 1 - length; distance < length; distance++) {
    const away = Math.abs(distance);
    const near = away < exact ? away : Math.min(half - 1, exact + logBucket(away, exact, half));
    found[distance + length - 1] = BigInt(near + (distance > 0 ? half : 0));
  }
  return found;
}

/** In single precision at every step, because the reference computes it so and whole values decide. */
function logBucket(away: number, exact: number, half: number): number {
  const ratio = Math.fround(Math.log(Math.fround(away / exact)));
  return Math.trunc(Math.fround(Math.fround(ratio / Math.fround(Math.log(FARTHEST / exact))) * (half - exact)));
}
