import { createHash } from "node:crypto";

/** How much each token counts, by its id. */
export interface TokenWeights {
  readonly of: (id: number) => number;
  /** Null where every token weighs the same. */
  readonly idf: { readonly documents: number; readonly sha256: string } | null;
}

/** Every token weighs 1, but the one before and the one behind each text. */
export function plainWeights(special: { readonly first: number; readonly last: number }): TokenWeights {
  return { of: (id) => (id === special.first || id === special.last ? 0 : 1), idf: null };
}

/** In how many references each id occurs. Repeated and empty references count. */
export interface ReferenceCounts {
  documents: number;
  readonly byId: Map<number, number>;
}

export function createReferenceCounts(): ReferenceCounts {
  return { documents: 0, byId: new Map() };
}

/** Counts one reference by its ids, cut to the limit, special tokens among them. */
export function countReference(counts: ReferenceCounts, ids: Int32Array): void {
  counts.documents += 1;
  for (const id of new Set(ids)) counts.byId.set(id, (counts.byId.get(id) ?? 0) + 1);
}

/** Inverse document frequency as bert_score: ln((n + 1) / (df + 1)), in single precision; what stands in every reference weighs 0. */
export function idfWeights(counts: ReferenceCounts): TokenWeights {
  const weigh = (frequency: number) => Math.fround(Math.log((counts.documents + 1) / (frequency + 1)));
  const unseen = weigh(0);
  const weights = new Map([...counts.byId].map(([id, frequency]) => [id, weigh(frequency)]));
  const sorted = [...counts.byId].sort(([a], [b]) => a - b);
  const sha256 = createHash("sha256")
    .update(JSON.stringify([counts.documents, sorted]))
    .digest("hex");
  return { of: (id) => weights.get(id) ?? unseen, idf: { documents: counts.documents, sha256 } };
}
