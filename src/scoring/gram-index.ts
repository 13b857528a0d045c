import { type Arena, takeRoom, takeZeros } from "./arena.js";

/** The n-grams of a text, numbered from 1: each is an (n-1)-gram and the token behind it, so that equal numbers mean equal n-grams. */
export interface GramIndex {
  /** Number of the n-gram that begins at each place. */
  readonly grams: Int32Array;
  /** How often each occurs, by number. */
  readonly counts: Int32Array;
  /** Open addressing over (shorter gram, token): number, 0 where free. Empty for single tokens. */
  readonly slots: Int32Array;
  readonly heads: Int32Array;
  readonly tails: Int32Array;
}

const NONE = new Int32Array(0);

/** Single tokens, whose numbers run from 1 to `distinct`. */
export function createGramIndex(tokens: Int32Array, distinct: number, arena: Arena): GramIndex {
  return { grams: tokens, counts: countUses(tokens, distinct, arena), slots: NONE, heads: NONE, tails: NONE };
}

/** The n-grams one token longer than those of `shorter`; `length` is n. */
export function lengthen(shorter: GramIndex, tokens: Int32Array, length: number, arena: Arena): GramIndex {
  const places = Math.max(0, tokens.length - length + 1);
  const grams = takeRoom(arena, places);
  const slots = takeZeros(arena, 2 ** Math.ceil(Math.log2(2 * places + 2)));
  const heads = takeRoom(arena, places + 1);
  const tails = takeRoom(arena, places + 1);
  let size = 0;
  for (let at = 0; at < places; at++) {
    const head = shorter.grams[at] as number;
    const tail = tokens[at + length - 1] as number;
    const slot = findSlot(slots, heads, tails, head, tail);
    if (slots[slot] === 0) {
      size += 1;
      slots[slot] = size;
      heads[size] = head;
      tails[size] = tail;
    }
    grams[at] = slots[slot] as number;
  }
  return { grams, counts: countUses(grams, size, arena), slots, heads, tails };
}

/** Numbers the n-grams of another text by `index`, 0 where it has them not. `shorter` are that text's (n-1)-grams, likewise numbered. */
export function matchGrams(
  index: GramIndex,
  shorter: Int32Array,
  tokens: Int32Array,
  length: number,
  arena: Arena,
): Int32Array {
  const { slots, heads, tails } = index;
  const grams = takeZeros(arena, Math.max(0, tokens.length - length + 1));
  for (let at = 0; at < grams.length; at++) {
    const head = shorter[at] as number;
    const tail = tokens[at + length - 1] as number;
    if (head !== 0 && tail !== 0) grams[at] = slots[findSlot(slots, heads, tails, head, tail)] as number;
  }
  return grams;
}

function findSlot(slots: Int32Array, heads: Int32Array, tails: Int32Array, head: number, tail: number): number {
  const mask = slots.length - 1;
  const mixed = Math.imul(head, 0x5bd1e995) + Math.imul(tail, 0x2c1b3c6d);
  let slot = (mixed ^ (mixed >>> 15)) & mask;
  for (;;) {
    const gram = slots[slot] as number;
    if (gram === 0 || (heads[gram] === head && tails[gram] === tail)) return slot;
    slot = (slot + 1) & mask;
  }
}

function countUses(grams: Int32Array, size: number, arena: Arena): Int32Array {
  const counts = takeZeros(arena, size + 1);
  for (let at = 0; at < grams.length; at++) {
    const gram = grams[at] as number;
    counts[gram] = (counts[gram] as number) + 1;
  }
  return counts;
}
