import { createHash } from "node:crypto";
import { type CharacterTable, createCharacterTable, readTerms } from "./python-text.js";
import { createTokenInterner, intern, internAll, type TokenInterner, tokenText } from "./token-interner.js";
import { createTokenReader, type TokenReader } from "./token-reader.js";

const HASHED_AT_ONCE = 4096;

/** In how many documents each term occurs, while a corpus is read. */
export interface DocumentCounts {
  readonly interner: TokenInterner;
  /** By term number. */
  frequencies: Uint32Array;
  /** By term number: the last document that had it. */
  seen: Uint32Array;
  documents: number;
  readonly reader: TokenReader;
  readonly characters: CharacterTable;
  /** The last reference with its distinct terms. */
  last: { readonly text: string; readonly terms: Int32Array } | null;
}

/** What `TfidfVectorizer().fit` learns. Its arrays lie in shared memory, so that all threads read the same. */
export interface TfidfFit {
  readonly documents: number;
  readonly vocabulary: TokenInterner;
  /** ln((1 + documents) / (1 + frequency)) + 1, by term number. */
  readonly idf: Float64Array;
  /** SHA-256 of the terms in code point order, joined by line feeds. */
  readonly vocabularySha256: string;
  /** SHA-256 of the terms with their document frequencies and the number of documents: what decides every score. */
  readonly hash: string;
}

export function createDocumentCounts(): DocumentCounts {
  const interner = createTokenInterner();
  return {
    interner,
    frequencies: new Uint32Array(1 << 12),
    seen: new Uint32Array(1 << 12),
    documents: 0,
    reader: createTokenReader((units, start, end) => intern(interner, units, start, end)),
    characters: createCharacterTable(),
    last: null,
  };
}

/** Counts both texts of a pair, each as a document. A reference that was the last one's too is not read again. */
export function countPair(counts: DocumentCounts, reference: string, hypothesis: string): void {
  if (counts.last?.text === reference) {
    counts.documents += 1;
    for (const term of counts.last.terms) counts.frequencies[term] = (counts.frequencies[term] as number) + 1;
  } else {
    const distinct = countDocument(counts, reference);
    counts.last = { text: reference, terms: counts.reader.found.slice(0, distinct) };
  }
  countDocument(counts, hypothesis);
}

/** Answers how many distinct terms there are; they stand at the front of what the reader found. */
function countDocument(counts: DocumentCounts, text: string): number {
  const { reader, interner } = counts;
  readTerms(reader, counts.characters, text);
  if (interner.size > counts.seen.length) widen(counts, interner.size);
  counts.documents += 1;
  const { found, count } = reader;
  const { seen, frequencies, documents } = counts;
  let distinct = 0;
  for (let at = 0; at < count; at++) {
    const term = found[at] as number;
    if (seen[term] === documents) continue;
    seen[term] = documents;
    frequencies[term] = (frequencies[term] as number) + 1;
    found[distinct++] = term;
  }
  return distinct;
}

function widen(counts: DocumentCounts, size: number): void {
  const frequencies = new Uint32Array(2 * size);
  frequencies.set(counts.frequencies);
  counts.frequencies = frequencies;
  const seen = new Uint32Array(2 * size);
  seen.set(counts.seen);
  counts.seen = seen;
}

/** What counts hold that another thread may add to its own. */
export type CountedPart = Pick<DocumentCounts, "interner" | "frequencies" | "documents">;

/** Adds the counts of other documents. */
export function addCounts(counts: DocumentCounts, part: CountedPart): void {
  const numbers = internAll(counts.interner, part.interner);
  if (counts.interner.size > counts.seen.length) widen(counts, counts.interner.size);
  for (let term = 0; term < numbers.length; term++) {
    const here = numbers[term] as number;
    counts.frequencies[here] = (counts.frequencies[here] as number) + (part.frequencies[term] as number);
  }
  counts.documents += part.documents;
}

/** Ends the reading of a corpus. Which thread read what, and in what order, makes no difference. */
export function fitTfidf(counts: CountedPart): TfidfFit {
  const { interner, frequencies, documents } = counts;
  const { size } = interner;
  const idf = new Float64Array(new SharedArrayBuffer(8 * size));
  for (let term = 0; term < size; term++) {
    idf[term] = Math.log((1 + documents) / (1 + (frequencies[term] as number))) + 1;
  }
  return {
    documents,
    vocabulary: {
      size,
      slots: shared(interner.slots, (buffer) => new Int32Array(buffer)),
      hashes: shared(interner.hashes.subarray(0, size), (buffer) => new Int32Array(buffer)),
      starts: shared(interner.starts.subarray(0, size + 1), (buffer) => new Uint32Array(buffer)),
      units: shared(interner.units.subarray(0, interner.starts[size]), (buffer) => new Uint16Array(buffer)),
    },
    idf,
    ...hashTerms(interner, frequencies, documents),
  };
}

function shared<T extends Int32Array | Uint32Array | Uint16Array>(from: T, view: (buffer: SharedArrayBuffer) => T): T {
  const copy = view(new SharedArrayBuffer(from.byteLength));
  copy.set(from);
  return copy;
}

function hashTerms(interner: TokenInterner, frequencies: Uint32Array, documents: number) {
  const { size, starts, units } = interner;
  // A tab comes before every word character, so that lines sort as their terms do.
  const lines = Array.from({ length: size }, (_, term) => `${tokenText(interner, term)}\t${frequencies[term]}`);
  const hasHalves = units.subarray(0, starts[size]).some((unit) => unit >= 0xd800 && unit <= 0xdfff);
  lines.sort(hasHalves ? compareCodePoints : undefined);
  const vocabulary = createHash("sha256");
  const whole = createHash("sha256").update(`${documents}\n`);
  for (let from = 0; from < size; from += HASHED_AT_ONCE) {
    const part = lines.slice(from, from + HASHED_AT_ONCE);
    whole.update(`${part.join("\n")}\n`);
    const terms = part.map((line) => line.slice(0, line.indexOf("\t"))).join("\n");
    vocabulary.update(from === 0 ? terms : `\n${terms}`);
  }
  return { vocabularySha256: vocabulary.digest("hex"), hash: whole.digest("hex") };
}

/** Code point order, as Python sorts: surrogates come after the rest of the BMP, where JavaScript sorts them before its end. */
function compareCodePoints(a: string, b: string): number {
  const common = Math.min(a.length, b.length);
  for (let at = 0; at < common; at++) {
    const unitA = a.charCodeAt(at);
    const unitB = b.charCodeAt(at);
    if (unitA !== unitB) return rank(unitA) - rank(unitB);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
