import { type Arena, takeCopy, takeRoom, takeZeros } from "./arena.js";

/** Bits of a word that hold places: two less than 32, so that a sum with its carry stays a small integer. */
const WORD_BITS = 30;
const WORD_MASK = 2 ** WORD_BITS - 1;
/** Beyond this passing over words saves more than it costs. */
const MOST_DENSE_WORDS = 64;
const MOST_DENSE_MASKS = 1 << 18;

/** Where each token of a text occurs, as bits in words of 30 places; only words with a bit are kept. */
export interface TokenPlaces {
  /** Number of words that cover the text. */
  readonly width: number;
  /** Where a token's words begin in `words` and `masks`, by token number from 1; the next one's begin is its end. */
  readonly starts: Int32Array;
  readonly words: Int32Array;
  readonly masks: Int32Array;
}

/** Finds the places of every token of a text, whose numbers run from 1 to `distinct`. */
export function findPlaces(tokens: Int32Array, distinct: number, arena: Arena): TokenPlaces {
  const starts = takeZeros(arena, distinct + 2);
  for (let at = 0; at < tokens.length; at++) {
    const next = (tokens[at] as number) + 1;
    starts[next] = (starts[next] as number) + 1;
  }
  for (let token = 1; token < starts.length; token++) {
    starts[token] = (starts[token] as number) + (starts[token - 1] as number);
  }
  const ends = takeCopy(arena, starts);
  const words = takeRoom(arena, tokens.length).fill(-1);
  const masks = takeRoom(arena, tokens.length);
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as number;
    const word = Math.floor(at / WORD_BITS);
    const bit = 1 << (at % WORD_BITS);
    const end = ends[token] as number;
    if (end > (starts[token] as number) && words[end - 1] === word) {
      masks[end - 1] = (masks[end - 1] as number) | bit;
    } else {
      words[end] = word;
      masks[end] = bit;
      ends[token] = end + 1;
    }
  }
  return { width: Math.ceil(tokens.length / WORD_BITS), starts, words, masks };
}

/** A row before any token: every bit set. A bit cleared at a place means that the longest common subsequence grows there. */
export function firstRow(places: TokenPlaces): Int32Array {
  return new Int32Array(places.width).fill(WORD_MASK);
}

/**
 * Takes one more token of the other text into the row (Hyyrö's bit-parallel recurrence V = (V + (V & M)) | (V & ~M)). Words
 * without the token change only by a carry, so they are passed over.
 */
export function advanceRow(row: Int32Array, places: TokenPlaces, token: number): void {
  const { starts, words, masks, width } = places;
  const end = starts[token + 1] as number;
  let carry = 0;
  for (let at = starts[token] as number; at < end; at++) {
    let word = words[at] as number;
    // A token that repeats within a word leaves the rest of its room unused.
    if (word < 0) break;
    const mask = masks[at] as number;
    const before = row[word] as number;
    const sum = (before + (before & mask) + carry) | 0;
    row[word] = (sum & WORD_MASK) | (before & ~mask);
    carry = sum >>> WORD_BITS;
    if (carry === 0) continue;
    const next = at + 1 < end && (words[at + 1] as number) >= 0 ? (words[at + 1] as number) : width;
    for (word += 1; carry !== 0 && word < next; word++) {
      const kept = row[word] as number;
      const carried = (kept + 1) | 0;
      row[word] = (carried & WORD_MASK) | kept;
      carry = carried >>> WORD_BITS;
    }
  }
}

/**
 * Masks of every token in every word, words without the token too: for each four words in turn, those of token 0, of token 1, …
 * Null where that would be large.
 */
export function denseMasks({ width, starts, words, masks }: TokenPlaces, arena: Arena): Int32Array | null {
  const tokens = starts.length - 1;
  const blocks = Math.ceil(width / 4);
  if (width > MOST_DENSE_WORDS || 4 * blocks * tokens > MOST_DENSE_MASKS) return null;
  const dense = takeZeros(arena, 4 * blocks * tokens);
  for (let token = 1; token < tokens; token++) {
    const end = starts[token + 1] as number;
    for (let at = starts[token] as number; at < end; at++) {
      const word = words[at] as number;
      if (word < 0) break;
      dense[4 * ((word >> 2) * tokens + token) + (word & 3)] = masks[at] as number;
    }
  }
  return dense;
}

/** Length of the longest common subsequence of the text behind `places` and `tokens`; token 0 matches nothing. */
export function lcsLength(places: TokenPlaces, tokens: Int32Array): number {
  const row = firstRow(places);
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as number;
    if (token !== 0) advanceRow(row, places, token);
  }
  let length = 0;
  for (let word = 0; word < row.length; word++) length += WORD_BITS - countBits(row[word] as number);
  return length;
}

/**
 * As `lcsLength`, for short texts: four words at a time stay in registers while all tokens pass, which leave their carry for the
 * next four. Nothing depends on what is found, so the processor need not guess.
 */
export function denseLcsLength(distinct: number, dense: Int32Array, tokens: Int32Array, arena: Arena): number {
  const places = takeRoom(arena, tokens.length);
  let present = 0;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as number;
    if (token !== 0) places[present++] = 4 * token;
  }
  const carries = takeZeros(arena, present);
  const size = 4 * (distinct + 1);
  let length = 0;
  for (let block = 0; block < dense.length; block += size) {
    let a = WORD_MASK;
    let b = WORD_MASK;
    let c = WORD_MASK;
    let d = WORD_MASK;
    for (let at = 0; at < present; at++) {
      const place = block + (places[at] as number);
      let mask = dense[place] as number;
      let sum = (a + (a & mask) + (carries[at] as number)) | 0;
      a = (sum & WORD_MASK) | (a & ~mask);
      mask = dense[place + 1] as number;
      sum = (b + (b & mask) + (sum >>> WORD_BITS)) | 0;
      b = (sum & WORD_MASK) | (b & ~mask);
      mask = dense[place + 2] as number;
      sum = (c + (c & mask) + (sum >>> WORD_BITS)) | 0;
      c = (sum & WORD_MASK) | (c & ~mask);
      mask = dense[place + 3] as number;
      sum = (d + (d & mask) + (sum >>> WORD_BITS)) | 0;
      d = (sum & WORD_MASK) | (d & ~mask);
      carries[at] = sum >>> WORD_BITS;
    }
    length += 4 * WORD_BITS - countBits(a) - countBits(b) - countBits(c) - countBits(d);
  }
  return length;
}

/** Whether the bit of a place is still set. */
export function bitAt(rows: Int32Array, offset: number, place: number): boolean {
  return (((rows[offset + Math.floor(place / WORD_BITS)] as number) >>> (place % WORD_BITS)) & 1) === 1;
}

function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
