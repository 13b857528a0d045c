import { porterStem } from "./porter-stemmer.js";
import { createUnitBuffer, type UnitBuffer, writeUnits } from "./text-units.js";
import {
  createTokenInterner,
  firstHash,
  internString,
  internTail,
  mixUnit,
  reserve,
  type TokenInterner,
  tailOf,
  tokenText,
} from "./token-interner.js";

/** By UTF-16 unit below U+0080: the lower-case letter or digit, 0 for what separates. */
const ALPHANUMERIC = Uint8Array.from({ length: 0x80 }, (_, unit) => {
  const character = String.fromCharCode(unit).toLowerCase();
  return /[a-z0-9]/.test(character) ? character.charCodeAt(0) : 0;
});
/** `rouge_score` stems what is longer than this. */
const SHORTEST_UNSTEMMED = 3;
const NO_TOKEN = -1;

/** The tokens of one text, as numbers of an interner. */
export interface RougeTokens {
  readonly tokens: Int32Array;
  /** How many tokens stand before each line feed, and all at the end. */
  readonly lineEnds: readonly number[];
}

/** Reads texts as `rouge_score` 0.1.2 does with its default tokenizer. */
export interface RougeReader {
  readonly interner: TokenInterner;
  readonly stem: boolean;
  readonly buffer: UnitBuffer;
  found: Int32Array;
  /** By token number: its stem's number + 1, 0 where not made yet, `NO_TOKEN` where nothing is left. */
  stems: Int32Array;
}

export function createRougeReader(interner: TokenInterner, stem: boolean): RougeReader {
  return { interner, stem, buffer: createUnitBuffer(), found: new Int32Array(1 << 10), stems: new Int32Array(1 << 12) };
}

/**
 * Lower-cases, takes every run of a–z and 0–9 as a token and stems those longer than three letters if asked. Beyond ASCII only
 * U+0130 and U+212A become a letter of that range when lower-cased (i with a combining dot that separates, and k).
 */
export function readRougeTokens(reader: RougeReader, text: string): RougeTokens {
  const { interner, buffer } = reader;
  const length = writeUnits(buffer, text);
  reserve(interner, length + 1);
  if (reader.found.length <= length) reader.found = new Int32Array(2 * length);
  const { units } = buffer;
  const { found } = reader;
  const lineEnds: number[] = [];
  let kept = interner.units;
  let count = 0;
  let start = tailOf(interner);
  let end = start;
  let hash = firstHash;
  for (let at = 0; at <= length; at++) {
    // One separator behind the text ends its last token.
    const unit = at < length ? (units[at] as number) : 0;
    const letter = unit < 0x80 ? (ALPHANUMERIC[unit] as number) : unit === 0x212a ? 0x6b : unit === 0x130 ? 0x69 : 0;
    if (letter !== 0) {
      kept[end++] = letter;
      hash = mixUnit(hash, letter);
      if (unit !== 0x130) continue;
    }
    if (end > start) {
      const token = stemmed(reader, internTail(interner, end, hash), end - start);
      if (token !== NO_TOKEN) found[count++] = token;
      // A stem that was new has moved the tail, and perhaps the units.
      if (reader.stem) reserve(interner, length - at + 1);
      kept = interner.units;
      start = tailOf(interner);
      end = start;
      hash = firstHash;
    }
    if (unit === 0x0a) lineEnds.push(count);
  }
  lineEnds.push(count);
  return { tokens: found.slice(0, count), lineEnds };
}

/** The number a token counts under. */
function stemmed(reader: RougeReader, token: number, length: number): number {
  if (!reader.stem || length <= SHORTEST_UNSTEMMED) return token;
  if (token >= reader.stems.length) {
    const stems = new Int32Array(2 * token);
    stems.set(reader.stems);
    reader.stems = stems;
  }
  const known = reader.stems[token] as number;
  if (known !== 0) return known === NO_TOKEN ? NO_TOKEN : known - 1;
  const stem = porterStem(tokenText(reader.interner, token));
  const number = stem === "" ? NO_TOKEN : internString(reader.interner, stem);
  reader.stems[token] = number === NO_TOKEN ? NO_TOKEN : number + 1;
  return number;
}

/** The tokens of a text as `rouge_score` 0.1.2 sees them, with NLTK's Porter stemmer if asked. */
export function rougeTokens(text: string, options: { readonly stem?: boolean } = {}): string[] {
  const interner = createTokenInterner();
  const { tokens } = readRougeTokens(createRougeReader(interner, options.stem === true), text);
  return Array.from(tokens, (token) => tokenText(interner, token));
}
