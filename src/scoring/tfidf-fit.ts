import { createHash } from "node:crypto";
import { createPythonReader, type PythonReader, scanWords } from "./python-text.js";
import { createTokenInterner, internAll, internUnits, type TokenInterner } from "./token-interner.js";

/** In how many documents each term occurs, while a corpus is read. */
export interface DocumentCounts {
  readonly interner: TokenInterner;
  /** By term number. */
  frequencies: Uint32Array;
  /** By term number: the last document that had it. */
  seen: Uint32Array;
  documents: number;
  readonly reader: PythonReader;
  last: { readonly text: string; readonly terms: readonly number[] } | null;
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
  return {
    interner: createTokenInterner(),
    frequencies: new Uint32Array(1 << 12),
    seen: new Uint32Array(1 << 12),
    documents: 0,
    reader: createPythonReader(),
    last: null,
  };
}

/** Counts both texts of a pair, each as a document. A reference that was the last one's too is not read again. */
export function countPair(counts: DocumentCounts, reference: string, hypothesis: string): void {
  if (counts.last?.text === reference) {
    counts.documents += 1;
    for (const term of counts.last.terms) counts.frequencies[term] = (counts.frequencies[term] as number) + 1;
  } else counts.last = { text: reference, terms: countDocument(counts, reference) };
  countDocument(counts, hypothesis);
}

function countDocument(counts: DocumentCounts, text: string): readonly number[] {
  counts.documents += 1;
  const document = counts.documents;
  const terms: number[] = [];
  scanWords(counts.reader, text, (units, start, end, hash) => {
    const term = internUnits(counts.interner, units, start, end, hash);
    if (term >= counts.seen.length) widen(counts, term);
    if (counts.seen[term] === document) return;
    counts.seen[term] = document;
    counts.frequencies[term] = (counts.frequencies[term] as number) + 1;
    terms.push(term);
  });
  return terms;
}

function widen(counts: DocumentCounts, term: number): void {
  const frequencies = new Uint32Array(2 * term);
  frequencies.set(counts.frequencies);
  counts.frequencies = frequencies;
  const seen = new Uint32Array(2 * term);
  seen.set(counts.seen);
  counts.seen = seen;
}

/** What counts hold that another thread may add to its own. */
export type CountedPart = Pick<DocumentCounts, "interner" | "frequencies" | "documents">;

/** Adds the counts of other documents. */
export function addCounts(counts: DocumentCounts, part: CountedPart): void {
  const numbers = internAll(counts.interner, part.interner);
  if (counts.interner.size >= counts.seen.length) widen(counts, counts.interner.size);
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
  const { starts, units, size } = interner;
  const order = Uint32Array.from({ length: size }, (_, term) => term).sort((a, b) => compareTerms(interner, a, b));
  const vocabulary = createHash("sha256");
  const whole = createHash("sha256").update(`${documents}\n`);
  const kept = Buffer.from(units.buffer, units.byteOffset, units.byteLength);
  for (let place = 0; place < size; place++) {
    const term = order[place] as number;
    const text = kept.toString("utf16le", 2 * (starts[term] as number), 2 * (starts[term + 1] as number));
    vocabulary.update(place === 0 ? text : `\n${text}`);
    whole.update(`${text}\t${frequencies[term]}\n`);
  }
  return { vocabularySha256: vocabulary.digest("hex"), hash: whole.digest("hex") };
}

/** Code point order, as Python sorts: surrogates come after the rest of the BMP. */
function compareTerms({ starts, units }: TokenInterner, a: number, b: number): number {
  const fromA = starts[a] as number;
  const fromB = starts[b] as number;
  const lengthA = (starts[a + 1] as number) - fromA;
  const lengthB = (starts[b + 1] as number) - fromB;
  const common = Math.min(lengthA, lengthB);
  for (let at = 0; at < common; at++) {
    const unitA = units[fromA + at] as number;
    const unitB = units[fromB + at] as number;
    if (unitA !== unitB) return rank(unitA) - rank(unitB);
  }
  return lengthA - lengthB;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
