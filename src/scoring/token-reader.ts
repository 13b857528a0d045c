/** Tokens of up to this many ASCII characters are found by their bytes alone. */
const SHORT = 12;
/** Entries of `short` begin anew beyond this, so that a stream of ever new tokens costs no more memory. */
const MOST_SHORT = 1 << 20;
/** Masks that keep the bytes of a short token in each of its three words, by its length. */
const MASKS = [0, 4, 8].map((from) =>
  Int32Array.from({ length: SHORT + 1 }, (_, length) => {
    const bytes = Math.min(4, Math.max(0, length - from));
    return bytes === 4 ? -1 : (1 << (8 * bytes)) - 1;
  }),
);
const [FIRST, SECOND, THIRD] = MASKS as [Int32Array, Int32Array, Int32Array];

/**
 * Turns the tokens of a text into numbers without making strings. A scanner writes the normalised text into `units` and, as far as
 * it is ASCII, `bytes`, and calls `takeToken` for each token in it.
 */
export interface TokenReader {
  /** UTF-16 units, to be normalised in place, and the same memory as bytes. */
  units: Uint16Array;
  unitBytes: Buffer;
  /** The normalised units that are ASCII, at the same places. */
  bytes: Uint8Array;
  view: DataView;
  /** What was found in the text: `found[0 .. count)`. */
  found: Int32Array;
  count: number;
  /** Short tokens seen before, in open addressing: three words of bytes and the number + 2, 0 where free. */
  short: Int32Array;
  shortCount: number;
  /** The number of a token that is not in `short`; below 0 where it does not count. */
  readonly resolve: (units: Uint16Array, start: number, end: number) => number;
}

export function createTokenReader(resolve: TokenReader["resolve"]): TokenReader {
  const reader = { resolve, count: 0, short: new Int32Array(1 << 14), shortCount: 0 };
  return Object.assign(reader, roomFor(1 << 12));
}

/** Begins a text: its units stand in `reader.units`. Answers how many. Lone surrogates stay as they are. */
export function beginText(reader: TokenReader, text: string): number {
  if (text.length + SHORT > reader.units.length) Object.assign(reader, roomFor(2 * text.length + SHORT));
  reader.unitBytes.write(text, 0, "utf16le");
  reader.count = 0;
  return text.length;
}

function roomFor(length: number) {
  const unitBytes = Buffer.alloc(2 * length);
  const bytes = new Uint8Array(length + SHORT);
  return {
    unitBytes,
    units: new Uint16Array(unitBytes.buffer, unitBytes.byteOffset, length),
    bytes,
    view: new DataView(bytes.buffer),
    found: new Int32Array(length),
  };
}

/** Adds the token of `units[start .. end)` to what was found. `isAscii`: it stands in `bytes` too. */
export function takeToken(reader: TokenReader, start: number, end: number, isAscii: boolean): void {
  const length = end - start;
  // A NUL at the end would be taken for the zeros that fill up a shorter token.
  if (!isAscii || length > SHORT || reader.bytes[end - 1] === 0) {
    const number = reader.resolve(reader.units, start, end);
    if (number >= 0) reader.found[reader.count++] = number;
    return;
  }
  const { view, short } = reader;
  const first = view.getInt32(start, true) & (FIRST[length] as number);
  const second = view.getInt32(start + 4, true) & (SECOND[length] as number);
  const third = view.getInt32(start + 8, true) & (THIRD[length] as number);
  const mask = short.length - 1;
  let entry = entryOf(first, second, third) & mask;
  for (;;) {
    const kept = short[entry + 3] as number;
    if (kept === 0) break;
    if (short[entry] === first && short[entry + 1] === second && short[entry + 2] === third) {
      if (kept > 1) reader.found[reader.count++] = kept - 2;
      return;
    }
    entry = (entry + 4) & mask;
  }
  const number = reader.resolve(reader.units, start, end);
  if (number >= 0) reader.found[reader.count++] = number;
  short.set([first, second, third, Math.max(number, -1) + 2], entry);
  reader.shortCount += 1;
  // Three quarters full: a few entries more are looked at, but they lie side by side, and half the memory stays in the cache.
  if (16 * reader.shortCount > 3 * short.length) growShort(reader);
}

function entryOf(first: number, second: number, third: number): number {
  const mixed = Math.imul(first, 0x5bd1e995) ^ Math.imul(second, 0x2c1b3c6d) ^ Math.imul(third, 0x1b873593);
  return (mixed ^ (mixed >>> 15)) << 2;
}

function growShort(reader: TokenReader): void {
  const old = reader.short;
  if (reader.shortCount > MOST_SHORT) {
    old.fill(0);
    reader.shortCount = 0;
    return;
  }
  const short = new Int32Array(2 * old.length);
  const mask = short.length - 1;
  for (let at = 0; at < old.length; at += 4) {
    if (old[at + 3] === 0) continue;
    let entry = entryOf(old[at] as number, old[at + 1] as number, old[at + 2] as number) & mask;
    while (short[entry + 3] !== 0) entry = (entry + 4) & mask;
    short.set(old.subarray(at, at + 4), entry);
  }
  reader.short = short;
}
