/** The distinct terms of a text, in the order they first occur, and how often each does. */
export interface TermCounts {
  readonly terms: Int32Array;
  readonly counts: Int32Array;
}

/** Counts numbers. `scratch` is all 0 before and after; it grows with the largest number. */
export function countTerms(found: readonly number[], scratch: { counts: Int32Array }): TermCounts {
  const distinct: number[] = [];
  for (const term of found) {
    if (term >= scratch.counts.length) scratch.counts = widened(scratch.counts, term);
    const count = scratch.counts[term] as number;
    if (count === 0) distinct.push(term);
    scratch.counts[term] = count + 1;
  }
  const terms = Int32Array.from(distinct);
  const counts = terms.map((term) => scratch.counts[term] as number);
  for (const term of terms) scratch.counts[term] = 0;
  return { terms, counts };
}

function widened(old: Int32Array, term: number): Int32Array {
  const wider = new Int32Array(2 * term);
  wider.set(old);
  return wider;
}
