import { createUnitBuffer, type UnitBuffer, writeUnits } from "./text-units.js";
import { firstHash, internTail, mixUnit, reserve, type TokenInterner, tailOf } from "./token-interner.js";

/** What Python's `str.split()` splits at: it takes U+001C to U+001F and U+0085, and leaves U+FEFF, where JavaScript's `\s` does not. */
const SPLITS = /[\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
/** Python's `\w` for texts: letters, numbers of every kind, underscore; combining marks are none. */
const WORD_CHARACTER = /^[\p{L}\p{N}_]$/u;

/** As `text.lower()` in Python, which for letters both know equals JavaScript's: full mapping, final sigma by context. */
export function pythonLower(text: string): string {
  return text.toLowerCase();
}

/** As `text.split()` in Python. */
export function pythonSplit(text: string): string[] {
  return text.split(SPLITS).filter((token) => token !== "");
}

/** Reads tokens of lower-cased texts as Python would, without making strings. */
export interface PythonReader {
  readonly buffer: UnitBuffer;
  /** By UTF-16 unit: its lower-case unit + 1, 0 where not looked up yet. */
  readonly lower: Uint32Array;
  /** By code point: 0 not looked up yet, 1 word character, 2 none. */
  readonly word: Uint8Array;
}

export function createPythonReader(): PythonReader {
  return { buffer: createUnitBuffer(), lower: new Uint32Array(1 << 16), word: new Uint8Array(0x110000) };
}

/** Writes the units of `text.lower()` into the reader's buffer; answers how many. */
function writeLower(reader: PythonReader, text: string): number {
  const { buffer, lower } = reader;
  let length = writeUnits(buffer, text);
  const { units } = buffer;
  for (let at = 0; at < length; at++) {
    const unit = units[at] as number;
    if (unit < 0x80) {
      if (unit >= 0x41 && unit <= 0x5a) units[at] = unit + 0x20;
      continue;
    }
    const known = lower[unit] as number;
    if (known > 1) units[at] = known - 1;
    else if (known === 1 || !learnLower(lower, unit)) {
      // A capital sigma looks at its neighbours, a dotted capital I grows, letters beyond the BMP take two units.
      length = writeUnits(buffer, pythonLower(text));
      break;
    } else units[at] = (lower[unit] as number) - 1;
  }
  return length;
}

/** Enters the lower-case unit of a unit; false (and 1 in the table) where the whole text must be looked at. */
function learnLower(lower: Uint32Array, unit: number): boolean {
  const mapped = unit >= 0xd800 && unit <= 0xdfff ? lowerHalf(unit) : String.fromCharCode(unit).toLowerCase();
  const alone = unit !== 0x3a3 && mapped.length === 1;
  lower[unit] = alone ? mapped.charCodeAt(0) + 1 : 1;
  return alone;
}

/** Half a letter beyond the BMP: itself where none of the 1,024 characters it begins has a lower case, else empty. */
function lowerHalf(unit: number): string {
  if (unit >= 0xdc00) return String.fromCharCode(unit);
  const first = ((unit - 0xd800) << 10) + 0x10000;
  const all = String.fromCodePoint(...Array.from({ length: 0x400 }, (_, index) => first + index));
  return all.toLowerCase() === all ? String.fromCharCode(unit) : "";
}

/** Calls `found` with the number of every token of `text.lower().split()`. */
export function internSplit(
  reader: PythonReader,
  interner: TokenInterner,
  text: string,
  found: (number: number) => void,
): void {
  const length = writeLower(reader, text);
  const { units } = reader.buffer;
  reserve(interner, length + 1);
  const kept = interner.units;
  let start = tailOf(interner);
  let end = start;
  let hash = firstHash;
  for (let at = 0; at < length; at++) {
    const unit = units[at] as number;
    if (unit > 0x20 && (unit < 0x80 || !isFarSpace(unit))) {
      kept[end++] = unit;
      hash = mixUnit(hash, unit);
    } else if (unit <= 0x20 && !isNearSpace(unit)) {
      kept[end++] = unit;
      hash = mixUnit(hash, unit);
    } else if (end > start) {
      found(internTail(interner, end, hash));
      start = tailOf(interner);
      end = start;
      hash = firstHash;
    }
  }
  if (end > start) found(internTail(interner, end, hash));
}

/** White space up to U+0020. */
function isNearSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || (unit >= 0x1c && unit <= 0x1f);
}

/** White space from U+0080. */
function isFarSpace(unit: number): boolean {
  if (unit < 0x1680) return unit === 0x85 || unit === 0xa0;
  if (unit < 0x2000) return unit === 0x1680;
  return unit <= 0x200a || unit === 0x2028 || unit === 0x2029 || unit === 0x202f || unit === 0x205f || unit === 0x3000;
}

/**
 * Calls `found` with every match of scikit-learn's token pattern `\b\w\w+\b` in `text.lower()`: runs of two or more word
 * characters. The token stands in `units` from `start` to `end` with its unfinished hash.
 */
export function scanWords(
  reader: PythonReader,
  text: string,
  found: (units: Uint16Array, start: number, end: number, hash: number) => void,
): void {
  const length = writeLower(reader, text);
  const { units } = reader.buffer;
  const { word } = reader;
  let start = -1;
  let characters = 0;
  let hash = firstHash;
  let width = 1;
  for (let at = 0; at < length; at += width) {
    const unit = units[at] as number;
    width = 1;
    let point = unit;
    if (unit >= 0xd800 && unit < 0xdc00 && at + 1 < length) {
      const low = units[at + 1] as number;
      if (low >= 0xdc00 && low < 0xe000) {
        point = ((unit - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
        width = 2;
      }
    }
    const kind = word[point] === 0 ? learnWord(word, point) : (word[point] as number);
    if (kind === 1) {
      if (characters === 0) start = at;
      characters += 1;
      hash = mixUnit(hash, unit);
      if (width === 2) hash = mixUnit(hash, units[at + 1] as number);
    } else if (characters > 0) {
      if (characters > 1) found(units, start, at, hash);
      characters = 0;
      hash = firstHash;
    }
  }
  if (characters > 1) found(units, start, length, hash);
}

function learnWord(word: Uint8Array, point: number): number {
  const kind = WORD_CHARACTER.test(String.fromCodePoint(point)) ? 1 : 2;
  word[point] = kind;
  return kind;
}
