/** Vectors that were made last, up to so many bytes; those not asked for longest go first. */
export interface RecentVectors {
  get(key: string): Float32Array | undefined;
  /** Keeps the vectors and gives them back. */
  keep(key: string, vectors: Float32Array): Float32Array;
}

export function createRecentVectors(mostBytes: number): RecentVectors {
  const kept = new Map<string, Float32Array>();
  let bytes = 0;
  return {
    get(key) {
      const vectors = kept.get(key);
      if (vectors === undefined) return undefined;
      // A map walks its keys in the order they were put in.
      kept.delete(key);
      kept.set(key, vectors);
      return vectors;
    },
    keep(key, vectors) {
      bytes += vectors.byteLength - (kept.get(key)?.byteLength ?? 0);
      kept.delete(key);
      kept.set(key, vectors);
      for (const [oldest, { byteLength }] of kept) {
        if (bytes <= mostBytes || oldest === key) break;
        kept.delete(oldest);
        bytes -= byteLength;
      }
      return vectors;
    },
  };
}
