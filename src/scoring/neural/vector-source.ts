/** Where vectors come from: the threads of this machine, or a server. */
export interface VectorSource {
  /** The vectors of one text, row by row: one for a sentence, one a token else. */
  vectors(ids: Int32Array): Promise<Float32Array>;
}

/** Keeps the vectors that were asked for last, so that what is asked for twice, even at once, is made once. */
export function rememberVectors(source: (ids: Int32Array) => Promise<Float32Array>, mostEntries: number) {
  const known = new Map<string, Promise<Float32Array>>();
  return (key: string, ids: Int32Array): Promise<Float32Array> => {
    const found = known.get(key);
    if (found !== undefined) {
      known.delete(key);
      known.set(key, found);
      return found;
    }
    const made = source(ids);
    known.set(key, made);
    // A failure is not kept: the next asker tries again.
    made.catch(() => known.delete(key));
    for (const oldest of known.keys()) {
      if (known.size <= mostEntries) break;
      known.delete(oldest);
    }
    return made;
  };
}
