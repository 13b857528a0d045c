/** Gives equal tokens the same small number. Tokens lie one after the other in `units`. */
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

export function createTokenInterner(): TokenInterner {
  return {
    slots: new Int32Array(1 << 13),
    hashes: new Int32Array(1 << 12),
    starts: new Uint32Array((1 << 12) + 1),
    units: new Uint16Array(1 << 16),
    size: 0,
  };
}

/** The number of the token in `units[start .. end)`; a new one is kept. */
export function intern(interner: TokenInterner, units: Uint16Array, start: number, end: number): number {
  const hash = hashUnits(units, start, end);
  const slot = findSlot(interner, units, start, end, hash);
  const known = interner.slots[slot] as number;
  if (known !== 0) return known - 1;
  const number = interner.size;
  const tail = interner.starts[number] as number;
  const newTail = tail + end - start;
  if (newTail > interner.units.length) interner.units = grown(interner.units, new Uint16Array(2 * newTail));
  interner.units.set(units.subarray(start, end), tail);
  interner.slots[slot] = number + 1;
  interner.hashes[number] = hash;
  interner.starts[number + 1] = newTail;
  interner.size = number + 1;
  if (interner.size === interner.hashes.length) growNumbers(interner);
  return number;
}

/** The number of a token in an interner that is only read, -1 where it has none. */
export function lookUp(interner: TokenInterner, units: Uint16Array, start: number, end: number): number {
  const slot = findSlot(interner, units, start, end, hashUnits(units, start, end));
  return (interner.slots[slot] as number) - 1;
}

function hashUnits(units: Uint16Array, start: number, end: number): number {
  let hash = 0x2f0b4f1d;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (units[at] as number), 0x5bd1e995);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
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
  const tail = interner.starts[interner.size] as number;
  const end = tail + token.length;
  if (end > interner.units.length) interner.units = grown(interner.units, new Uint16Array(2 * end));
  // Written where a new token will stand.
  for (let at = 0; at < token.length; at++) interner.units[tail + at] = token.charCodeAt(at);
  return intern(interner, interner.units, tail, end);
}

export function tokenText({ starts, units }: TokenInterner, number: number): string {
  const bytes = Buffer.from(units.buffer, units.byteOffset, units.byteLength);
  return bytes.toString("utf16le", 2 * (starts[number] as number), 2 * (starts[number + 1] as number));
}

/** Adds every token of `other`; answers their numbers here, by their numbers there. */
export function internAll(interner: TokenInterner, other: TokenInterner): Int32Array {
  const { starts, units } = other;
  return Int32Array.from({ length: other.size }, (_, number) =>
    intern(interner, units, starts[number] as number, starts[number + 1] as number),
  );
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
