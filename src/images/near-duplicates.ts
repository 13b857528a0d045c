/** Hashes that differ in at most this many of their 64 bits belong together. */
export const MAX_DISTANCE = 4;

/** One more than the distance: of so many bands, two hashes within it agree in at least one whole band. */
const BANDS = MAX_DISTANCE + 1;
const BITS = 64;

/**
 * Puts difference hashes into groups: two that differ in at most `MAX_DISTANCE` bits are in one group, and so are those
 * they are linked to by others. Gives for each hash the place of the first one of its group. Hashes are 16 hex digits.
 */
export function groupNearDuplicates(hashes: readonly string[]): readonly number[] {
  const groups = openGroups(hashes.length);
  const distinct = uniteEqual(hashes, groups);
  const high = Uint32Array.from(distinct, (place) => Number.parseInt(hashes[place]?.slice(0, 8) ?? "", 16));
  const low = Uint32Array.from(distinct, (place) => Number.parseInt(hashes[place]?.slice(8) ?? "", 16));
  for (let band = 0; band < BANDS; band++) {
    for (const bucket of bucketsOf(band, high, low)) {
      for (const [index, a] of bucket.entries()) {
        for (let next = index + 1; next < bucket.length; next++) {
          const b = bucket[next] ?? a;
          const differing = ones((high[a] ?? 0) ^ (high[b] ?? 0)) + ones((low[a] ?? 0) ^ (low[b] ?? 0));
          if (differing <= MAX_DISTANCE) groups.unite(distinct[a] ?? 0, distinct[b] ?? 0);
        }
      }
    }
  }
  return hashes.map((_, place) => groups.find(place));
}

/** Equal hashes first, so that a thousand copies of one picture are not compared with each other. Gives one place of each. */
function uniteEqual(hashes: readonly string[], groups: Groups): readonly number[] {
  const firstOf = new Map<string, number>();
  for (const [place, hash] of hashes.entries()) {
    const first = firstOf.get(hash);
    if (first === undefined) firstOf.set(hash, place);
    else groups.unite(first, place);
  }
  return [...firstOf.values()];
}

/** Hashes that agree in every fifth bit from `band` on: neighbouring bits are alike in many pictures, scattered ones are not. */
function bucketsOf(band: number, high: Uint32Array, low: Uint32Array): Iterable<readonly number[]> {
  const buckets = new Map<number, number[]>();
  for (let at = 0; at < high.length; at++) {
    let key = 0;
    for (let bit = band; bit < BITS; bit += BANDS) {
      key = 2 * key + ((((bit < 32 ? high[at] : low[at]) ?? 0) >>> (bit % 32)) & 1);
    }
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [at]);
    else bucket.push(at);
  }
  return buckets.values();
}

interface Groups {
  /** The first place of the group. */
  find(place: number): number;
  unite(a: number, b: number): void;
}

function openGroups(size: number): Groups {
  const parents = Int32Array.from({ length: size }, (_, place) => place);
  const find = (place: number) => {
    let at = place;
    for (let parent = parents[at] ?? at; parent !== at; parent = parents[at] ?? at) {
      // Every step halves the way of the next search.
      parents[at] = parents[parent] ?? parent;
      at = parents[at] ?? at;
    }
    return at;
  };
  return {
    find,
    unite(a, b) {
      const [first, second] = [find(a), find(b)];
      if (first < second) parents[second] = first;
      else parents[first] = second;
    },
  };
}

/** How many of 32 bits are set. */
function ones(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  count = (count + (count >>> 4)) & 0x0f0f0f0f;
  return Math.imul(count, 0x01010101) >>> 24;
}
