/** What one line of WordNet's `data.noun` says. Pointers are wnids. */
export interface Synset {
  readonly wnid: string;
  readonly lemmas: readonly string[];
  readonly gloss: string;
  /** Targets of its `@` and `@i` pointers among the nouns, in the order of the file. */
  readonly hypernyms: readonly string[];
}

/** Longer than any line of WordNet 3.0 (12,972 bytes), so that a file without line ends is never read whole. */
const MAX_LINE_BYTES = 65_536;
const NEW_LINE = 0x0a;

/**
 * Reads the synset whose line starts at the byte offset a wnid names: `offset lex_filenum n w_cnt (word lex_id)…
 * p_cnt (symbol offset pos source/target)… | gloss`, as in the manual page wndb(5WN). Null where no whole noun line of
 * that very offset starts there.
 */
export function readSynset(dataNoun: Buffer, wnid: string): Synset | null {
  const start = Number(wnid.slice(1));
  const end = dataNoun.subarray(start, start + MAX_LINE_BYTES).indexOf(NEW_LINE);
  if (end === -1) return null;
  const line = dataNoun.toString("utf8", start, start + end);
  const bar = line.indexOf("|");
  if (bar === -1) return null;
  const fields = line.slice(0, bar).trim().split(/ +/);
  if (fields[0] !== wnid.slice(1) || fields[2] !== "n") return null;
  const wordCount = countIn(fields[3], 16);
  const lemmas = readLemmas(fields, wordCount);
  const hypernyms = readHypernyms(fields, 4 + 2 * wordCount);
  if (lemmas === null || hypernyms === null) return null;
  return { wnid, lemmas, gloss: definition(line.slice(bar + 1)), hypernyms };
}

function readLemmas(fields: readonly string[], wordCount: number): string[] | null {
  const lemmas: string[] = [];
  for (let word = 0; word < wordCount; word++) {
    const lemma = fields[4 + 2 * word];
    if (lemma === undefined) return null;
    lemmas.push(lemma.replace(/\((?:a|p|ip)\)$/, "").replaceAll("_", " "));
  }
  return lemmas.length > 0 ? lemmas : null;
}

function readHypernyms(fields: readonly string[], from: number): string[] | null {
  const pointerCount = countIn(fields[from], 10);
  const hypernyms: string[] = [];
  for (let pointer = 0; pointer < pointerCount; pointer++) {
    const [symbol, offset, partOfSpeech] = fields.slice(from + 1 + 4 * pointer, from + 4 + 4 * pointer);
    if (offset === undefined || partOfSpeech === undefined || !/^\d{8}$/.test(offset)) return null;
    if ((symbol === "@" || symbol === "@i") && partOfSpeech === "n") hypernyms.push(`n${offset}`);
  }
  return Number.isNaN(pointerCount) ? null : hypernyms;
}

/** The gloss up to its first example, which is a quotation behind `;` (seldom `:` or `,`). */
function definition(gloss: string): string {
  const example = gloss.search(/(?<!e\.g\.)[;:,]\s*"/);
  return (example === -1 ? gloss : gloss.slice(0, example)).trim().replace(/;$/, "");
}

function countIn(field: string | undefined, radix: number): number {
  return /^[0-9a-f]{2,3}$/.test(field ?? "") ? Number.parseInt(field ?? "", radix) : Number.NaN;
}
