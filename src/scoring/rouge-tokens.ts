import { type Arena, createArena, takeCopy } from "./arena.js";
import { porterStem } from "./porter-stemmer.js";
import { createTokenInterner, intern, internString, type TokenInterner, tokenText } from "./token-interner.js";
import { beginText, createTokenReader, type TokenReader, takeToken } from "./token-reader.js";

/** By UTF-16 unit: the lower-case letter or digit it counts as, 0 for what separates. */
const ALPHANUMERIC = new Uint8Array(1 << 16);
for (const character of "abcdefghijklmnopqrstuvwxyz0123456789") {
  ALPHANUMERIC[character.charCodeAt(0)] = character.charCodeAt(0);
  ALPHANUMERIC[character.toUpperCase().charCodeAt(0)] = character.charCodeAt(0);
}
// The only two characters beyond ASCII whose lower case holds one of these: k, and i with a combining dot that separates.
const KELVIN_SIGN = 0x212a;
const DOTTED_CAPITAL_I = 0x130;
ALPHANUMERIC[KELVIN_SIGN] = 0x6b;
ALPHANUMERIC[DOTTED_CAPITAL_I] = 0x69;

const LINE_FEED = 0x0a;
/** `rouge_score` stems what is longer than this. */
const LONGEST_UNSTEMMED = 3;

/** The tokens of one text, as numbers of an interner. */
export interface RougeTokens {
  readonly tokens: Int32Array;
  /** How many tokens stand before each line feed, and all at the end. */
  readonly lineEnds: readonly number[];
}

/** A reader of texts as `rouge_score` 0.1.2 tokenises them; numbers are those of stems if asked. */
export function createRougeReader(interner: TokenInterner, stem: boolean): TokenReader {
  if (!stem) return createTokenReader((units, start, end) => intern(interner, units, start, end));
  const reader = createTokenReader((units, start, end) => {
    if (end - start <= LONGEST_UNSTEMMED) return intern(interner, units, start, end);
    const stemmed = porterStem(reader.unitBytes.toString("utf16le", 2 * start, 2 * end));
    return stemmed === "" ? -1 : internString(interner, stemmed);
  });
  return reader;
}

/** Lower-cases and takes every run of a–z and 0–9 as a token. */
export function readRougeTokens(reader: TokenReader, text: string, arena: Arena): RougeTokens {
  const length = beginText(reader, text);
  const { units, bytes } = reader;
  const lineEnds: number[] = [];
  let start = 0;
  for (let at = 0; at < length; at++) {
    const unit = units[at] as number;
    const letter = ALPHANUMERIC[unit] as number;
    units[at] = letter;
    bytes[at] = letter;
    if (letter !== 0 && unit !== DOTTED_CAPITAL_I) continue;
    const end = letter === 0 ? at : at + 1;
    if (end > start) takeToken(reader, start, end, true);
    start = at + 1;
    if (unit === LINE_FEED) lineEnds.push(reader.count);
  }
  if (length > start) takeToken(reader, start, length, true);
  lineEnds.push(reader.count);
  return { tokens: takeCopy(arena, reader.found, reader.count), lineEnds };
}

/** The tokens of a text as `rouge_score` 0.1.2 sees them, with NLTK's Porter stemmer if asked. */
export function rougeTokens(text: string, options: { readonly stem?: boolean } = {}): string[] {
  const interner = createTokenInterner();
  const { tokens } = readRougeTokens(createRougeReader(interner, options.stem === true), text, createArena());
  return Array.from(tokens, (token) => tokenText(interner, token));
}
