import { beginText, type TokenReader, takeToken } from "./token-reader.js";

/** What Python's `str.split()` splits at: it takes U+001C to U+001F and U+0085, and leaves U+FEFF, where JavaScript's `\s` does not. */
const SPACE = "[\\t-\\r\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const SPACES = new RegExp(`${SPACE}+`);
const ONE_SPACE = new RegExp(`^${SPACE}$`);
/** Python's `\w` for texts: letters, numbers of every kind, underscore; combining marks are none. */
const WORD_CHARACTER = /^[\p{L}\p{N}_]$/u;
const CAPITAL_SIGMA = 0x3a3;

/** As `text.lower()` in Python, which for letters both know equals JavaScript's: full mapping, final sigma by context. */
export function pythonLower(text: string): string {
  return text.toLowerCase();
}

/** As `text.split()` in Python. */
export function pythonSplit(text: string): string[] {
  return text.split(SPACES).filter((token) => token !== "");
}

/** What has been asked of Unicode so far, so that nothing is asked twice and nothing before it is needed. */
export interface CharacterTable {
  /** By UTF-16 unit: its lower-case unit in the low 16 bits and the facts below; 0 not known yet. */
  readonly units: Uint32Array;
  /** Whether a code point beyond the BMP is a word character. */
  readonly words: Map<number, boolean>;
}

const KNOWN = 1 << 16;
/** The unit splits. */
const IS_SPACE = 1 << 17;
/** The unit is a word character. */
const IS_WORD = 1 << 18;
/** Half a character: with its other half it may be a word character. */
const IS_HIGH = 1 << 19;
/** Lower-casing must look at the whole text. */
const IS_SPECIAL = 1 << 20;
const UNIT_BITS = 0xffff;

export function createCharacterTable(): CharacterTable {
  return { units: new Uint32Array(1 << 16), words: new Map() };
}

function learn(table: CharacterTable, unit: number): number {
  const character = String.fromCharCode(unit);
  const isHigh = unit >= 0xd800 && unit < 0xdc00;
  const lowered = isHigh ? character : character.toLowerCase();
  // A capital sigma looks at its neighbours, a dotted capital I grows, some letters beyond the BMP have a lower case.
  const isSpecial = unit === CAPITAL_SIGMA || lowered.length > 1 || (isHigh && beginsCapital(unit));
  const facts =
    KNOWN |
    (ONE_SPACE.test(character) ? IS_SPACE : 0) |
    (WORD_CHARACTER.test(lowered) ? IS_WORD : 0) |
    (isHigh ? IS_HIGH : 0) |
    (isSpecial ? IS_SPECIAL : 0);
  const entry = facts | (isSpecial ? unit : lowered.charCodeAt(0));
  table.units[unit] = entry;
  return entry;
}

/** Whether any of the 1,024 characters that begin with this high surrogate has a lower case. */
function beginsCapital(unit: number): boolean {
  const first = ((unit - 0xd800) << 10) + 0x10000;
  const all = String.fromCodePoint(...Array.from({ length: 0x400 }, (_, index) => first + index));
  return all.toLowerCase() !== all;
}

/** Finds the tokens of `text.lower().split()`. */
export function readSplit(reader: TokenReader, table: CharacterTable, text: string, isLower = false): void {
  const length = beginText(reader, text);
  const { units, bytes } = reader;
  let start = 0;
  let all = 0;
  for (let at = 0; at < length; at++) {
    const unit = units[at] as number;
    const entry = table.units[unit] || learn(table, unit);
    if ((entry & (IS_SPACE | IS_SPECIAL)) === 0) {
      const lowered = entry & UNIT_BITS;
      units[at] = lowered;
      bytes[at] = lowered;
      all |= lowered;
      continue;
    }
    if ((entry & IS_SPECIAL) !== 0) {
      if (!isLower) {
        readSplit(reader, table, pythonLower(text), true);
        return;
      }
      all |= unit;
      continue;
    }
    if (at > start) takeToken(reader, start, at, all < 0x80);
    start = at + 1;
    all = 0;
  }
  if (length > start) takeToken(reader, start, length, all < 0x80);
}

/** Finds the matches of scikit-learn's token pattern `\b\w\w+\b` in `text.lower()`: runs of two or more word characters. */
export function readTerms(reader: TokenReader, table: CharacterTable, text: string, isLower = false): void {
  const length = beginText(reader, text);
  const { units, bytes } = reader;
  let start = 0;
  let all = 0;
  let halves = 0;
  for (let at = 0; at < length; at++) {
    const unit = units[at] as number;
    const entry = table.units[unit] || learn(table, unit);
    if ((entry & (IS_WORD | IS_SPECIAL)) === IS_WORD) {
      const lowered = entry & UNIT_BITS;
      units[at] = lowered;
      bytes[at] = lowered;
      all |= lowered;
      continue;
    }
    if ((entry & IS_SPECIAL) !== 0 && !isLower) {
      readTerms(reader, table, pythonLower(text), true);
      return;
    }
    if ((entry & IS_HIGH) !== 0 && isWordPoint(table, units, at, length)) {
      all |= unit;
      halves += 1;
      at += 1;
      continue;
    }
    if (at - start - halves > 1) takeToken(reader, start, at, all < 0x80);
    start = at + 1;
    all = 0;
    halves = 0;
  }
  if (length - start - halves > 1) takeToken(reader, start, length, all < 0x80);
}

/** Whether the surrogate at a place is, with the one behind it, a word character. */
function isWordPoint(table: CharacterTable, units: Uint16Array, at: number, length: number): boolean {
  const low = at + 1 < length ? (units[at + 1] as number) : 0;
  if (low < 0xdc00 || low > 0xdfff) return false;
  const point = (((units[at] as number) - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
  const known = table.words.get(point);
  if (known !== undefined) return known;
  const isWord = WORD_CHARACTER.test(String.fromCodePoint(point));
  table.words.set(point, isWord);
  return isWord;
}
