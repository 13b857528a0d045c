/**
 * Gives equal tokens the same small number. Tokens lie one after the other in `units`; the one being read stands behind the
 * last, so that a token seen before costs no copy and no string.
 */
export interface TokenInterner {
  /** Open addressing: number + 1, or 0 where free. The length is a power of two. */
  slots: Int32Array;
  /** Hash by number. */
  hashes: Int32Array;
  /** Where a token begins in `units`, by number; the next one's begin is its end. */
  starts: Uint32Array;
  /** UTF-16 units of all tokens. */
  units: Uint16Array;
  size: number;
}

const FIRST_HASH = 0x2f0b4f1d;

export function createTokenInterner(): TokenInterner {
  return {
    slots: new Int32Array(1 << 13),
    hashes: new Int32Array(1 << 12),
    starts: new Uint32Array((1 << 12) + 1),
    units: new Uint16Array(1 << 16),
    size: 0,
  };
}

/** The hash of a token is `FIRST_HASH` with every unit mixed in, in order, then finished. */
export const firstHash = FIRST_HASH;

export function mixUnit(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x5bd1e995);
}

function finishHash(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}

/** Where the next token may be written. */
export function tailOf(interner: TokenInterner): number {
  return interner.starts[interner.size] as number;
}

/** Makes room for `count` more units and as many tokens, so that a scan need not check. */
export function reserve(interner: TokenInterner, count: number): void {
  const end = tailOf(interner) + count;
  if (end > interner.units.length) interner.units = grown(interner.units, new Uint16Array(roomFor(end)));
}

/** The number of the token that stands in `units` from the tail to `end`; a new one is kept. */
export function internTail(interner: TokenInterner, end: number, mixedHash: number): number {
  const hash = finishHash(mixedHash);
  const slot = findSlot(interner, interner.units, tailOf(interner), end, hash);
  const found = interner.slots[slot] as number;
  if (found !== 0) return found - 1;
  const number = interner.size;
  interner.slots[slot] = number + 1;
  interner.hashes[number] = hash;
  interner.size = number + 1;
  if (interner.size + 1 >= interner.starts.length) growNumbers(interner);
  interner.starts[number + 1] = end;
  return number;
}

/** The number of a token in an interner that is only read, -1 where it has none. */
export function lookUp(
  interner: TokenInterner,
  units: Uint16Array,
  start: number,
  end: number,
  mixedHash: number,
): number {
  return (interner.slots[findSlot(interner, units, start, end, finishHash(mixedHash))] as number) - 1;
}

/** The number of a token that stands in another buffer; a new one is copied. */
export function internUnits(
  interner: TokenInterner,
  units: Uint16Array,
  start: number,
  end: number,
  mixedHash: number,
): number {
  const known = lookUp(interner, units, start, end, mixedHash);
  if (known >= 0) return known;
  reserve(interner, end - start);
  const tail = tailOf(interner);
  interner.units.set(units.subarray(start, end), tail);
  return internTail(interner, tail + end - start, mixedHash);
}

/** The slot that holds the token, or the free one where it belongs. */
function findSlot(interner: TokenInterner, units: Uint16Array, start: number, end: number, hash: number): number {
  const { slots, hashes, starts, units: kept } = interner;
  const mask = slots.length - 1;
  const length = end - start;
  let slot = hash & mask;
  for (;;) {
    const number = (slots[slot] as number) - 1;
    if (number < 0) return slot;
    if (hashes[number] === hash) {
      const from = starts[number] as number;
      if ((starts[number + 1] as number) - from === length) {
        let at = 0;
        while (at < length && kept[from + at] === units[start + at]) at++;
        if (at === length) return slot;
      }
    }
    slot = (slot + 1) & mask;
  }
}

export function internString(interner: TokenInterner, token: string): number {
  reserve(interner, token.length);
  const start = tailOf(interner);
  let hash = firstHash;
  for (let at = 0; at < token.length; at++) {
    const unit = token.charCodeAt(at);
    interner.units[start + at] = unit;
    hash = mixUnit(hash, unit);
  }
  return internTail(interner, start + token.length, hash);
}

export function tokenText(interner: TokenInterner, number: number): string {
  const { starts, units } = interner;
  const start = starts[number] as number;
  const length = (starts[number + 1] as number) - start;
  return Buffer.from(units.buffer, units.byteOffset + 2 * start, 2 * length).toString("utf16le");
}

/** Adds every token of `other`; answers their numbers here, by their numbers there. */
export function internAll(interner: TokenInterner, other: TokenInterner): Int32Array {
  const numbers = new Int32Array(other.size);
  for (let number = 0; number < other.size; number++) {
    const start = other.starts[number] as number;
    const end = other.starts[number + 1] as number;
    reserve(interner, end - start);
    const tail = tailOf(interner);
    interner.units.set(other.units.subarray(start, end), tail);
    let hash = firstHash;
    for (let at = start; at < end; at++) hash = mixUnit(hash, other.units[at] as number);
    numbers[number] = internTail(interner, tail + end - start, hash);
  }
  return numbers;
}

function growNumbers(interner: TokenInterner): void {
  const room = 2 * interner.hashes.length;
  interner.hashes = grown(interner.hashes, new Int32Array(room));
  interner.starts = grown(interner.starts, new Uint32Array(room + 1));
  const slots = new Int32Array(2 * room);
  const mask = slots.length - 1;
  for (let number = 0; number < interner.size; number++) {
    let slot = (interner.hashes[number] as number) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = number + 1;
  }
  interner.slots = slots;
}

function grown<T extends Int32Array | Uint32Array | Uint16Array>(old: T, wider: T): T {
  wider.set(old);
  return wider;
}

function roomFor(length: number): number {
  return 2 ** Math.ceil(Math.log2(length + 1));
}
