import { isUtf8 } from "node:buffer";

/** What the columns of a pair are called. */
export interface PairFields {
  readonly reference: string;
  readonly hypothesis: string;
}

/** A line of input. A null text is one that is not known. */
export interface PairLine {
  /** The id as JSON, as it goes out again. */
  readonly id: string;
  /** The first, where there are several. */
  readonly reference: string | null;
  /** The references after the first. */
  readonly others: readonly string[];
  readonly hypothesis: string | null;
  /** Counted from 0 at the beginning of the block. */
  readonly line: number;
}

/** A line that cannot be read, and why. */
export interface LineFault {
  readonly line: number;
  readonly sentence: string;
}

const LINE_FEED = 0x0a;
const SHOWN = 40;
const NONE: readonly string[] = [];

/**
 * Reads a block of whole lines, one pair a line, and calls `found` for each; blank lines are passed over. Ends at the first line
 * that is no pair, as one with a list of references is where `takesSeveral` is not set. Answers how many lines there are.
 */
export function readPairLines(
  block: Buffer,
  fields: PairFields,
  found: (pair: PairLine) => void,
  takesSeveral = false,
): { readonly lines: number; readonly fault: LineFault | null } {
  const isText = isUtf8(block);
  let line = 0;
  for (let start = 0; start < block.length; line++) {
    const feed = block.indexOf(LINE_FEED, start);
    const end = feed < 0 ? block.length : feed;
    const bytes = block.subarray(start, end);
    start = end + 1;
    if (isBlank(bytes)) continue;
    if (!isText && !isUtf8(bytes)) return { lines: line, fault: { line, sentence: "is not UTF-8" } };
    const pair = readPair(bytes.toString("utf8"), fields, line, takesSeveral);
    if (typeof pair === "string") return { lines: line, fault: { line, sentence: pair } };
    found(pair);
  }
  return { lines: line, fault: null };
}

/** Nothing but JSON's white space. */
export function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** The pair of a line, or what is wrong with it. */
function readPair(text: string, fields: PairFields, line: number, takesSeveral: boolean): PairLine | string {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    return `is not JSON: ${JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)}`;
  }
  if (typeof row !== "object" || row === null || Array.isArray(row)) return `holds ${kindOf(row)}, not a JSON object`;
  const { id } = row as Record<string, unknown>;
  if (!Object.hasOwn(row, "id")) return missing("id", row, null);
  if (typeof id !== "string" && !Number.isSafeInteger(id)) return `has ${kindOf(id)} as "id", not a text`;
  const texts: (string | null)[] = [];
  let others: readonly string[] = NONE;
  for (const side of ["reference", "hypothesis"] as const) {
    const field = fields[side];
    if (!Object.hasOwn(row, field)) return missing(field, row, `--${side}`);
    let value = (row as Record<string, unknown>)[field];
    if (side === "reference" && Array.isArray(value)) {
      if (!takesSeveral) return `has a list as ${JSON.stringify(field)}; only ROUGE, asked for alone, takes several`;
      if (!isTexts(value)) return `has something else than texts in its list ${JSON.stringify(field)}`;
      [value, ...others] = value;
      if (value === undefined) return `has an empty list as ${JSON.stringify(field)}`;
    }
    if (typeof value !== "string" && value !== null)
      return `has ${kindOf(value)} as ${JSON.stringify(field)}, not a text`;
    texts.push(value);
  }
  const [reference = null, hypothesis = null] = texts;
  return { id: JSON.stringify(id), reference, others, hypothesis, line };
}

function isTexts(list: readonly unknown[]): list is readonly string[] {
  return list.every((value) => typeof value === "string");
}

function missing(field: string, row: object, flag: string | null): string {
  const names = Object.keys(row)
    .slice(0, 8)
    .map((name) => JSON.stringify(name.slice(0, SHOWN)));
  const has = names.length === 0 ? "it is empty" : `it has ${names.join(", ")}`;
  return `has no ${JSON.stringify(field)} (${has})${flag === null ? "" : `; ${flag} names another field`}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
