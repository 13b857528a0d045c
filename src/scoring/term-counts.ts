import { type Arena, takeRoom } from "./arena.js";

/** The distinct terms of a text, in the order they first occur, and how often each does. */
export interface TermCounts {
  readonly terms: Int32Array;
  readonly counts: Int32Array;
}

/** Counts `found[0 .. length)`. `scratch` is all 0 before and after and longer than the largest number. */
export function countTerms(found: Int32Array, length: number, scratch: Int32Array, arena: Arena): TermCounts {
  const terms = takeRoom(arena, length);
  let distinct = 0;
  for (let at = 0; at < length; at++) {
    const term = found[at] as number;
    const count = scratch[term] as number;
    if (count === 0) terms[distinct++] = term;
    scratch[term] = count + 1;
  }
  const counts = takeRoom(arena, distinct);
  for (let at = 0; at < distinct; at++) {
    const term = terms[at] as number;
    counts[at] = scratch[term] as number;
    scratch[term] = 0;
  }
  return { terms: terms.subarray(0, distinct), counts };
}
