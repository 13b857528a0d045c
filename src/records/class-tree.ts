/** A class as WordNet 3.0 knows it. */
export interface ClassEntry {
  readonly wnid: string;
  /** Its words, underscores as spaces, the commonest first. */
  readonly lemmas: readonly string[];
  readonly gloss: string;
  /** wnids from its first hypernym up to the root (`n00001740`), following the first hypernym of each. */
  readonly path: readonly string[];
}

/** WordNet's nouns by wnid. `describe` is null for an id that is not one of its nouns. */
export interface ClassTree {
  readonly version: string;
  describe(wnid: string): ClassEntry | null;
  /** Whether `wnid` is `ancestor` or below it by any hypernym or instance-hypernym pointer. */
  isA(wnid: string, ancestor: string): boolean;
}
