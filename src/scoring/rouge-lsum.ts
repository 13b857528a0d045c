import type { PrecisionRecallF1 } from "../records/index.js";
import { type Arena, createArena, emptyArena, takeRoom, takeZeros } from "./arena.js";
import { advanceRow, bitAt, findPlaces, firstRow, type TokenPlaces } from "./lcs.js";
import type { RougePair } from "./rouge-reference.js";
import { rougeScore } from "./rouge-score.js";

/** Rows of a back-trace kept at once, in words: 32 MB. Longer ones are made again, stretch by stretch. */
const MOST_ROW_WORDS = 1 << 23;

/**
 * ROUGE-Lsum of a pair, lines split at the line feed. For each line of the reference the places of one longest common subsequence
 * with each line of the hypothesis are united; a token counts as long as both texts have one left. Which subsequence is found
 * matters: the tie rule is that of `rouge_score` 0.1.2.
 */
export function rougeLsum({ reference, hypothesis, arena }: RougePair): PrecisionRecallF1 {
  const { distinct, tokens } = reference;
  const leftInReference = countTokens(tokens, distinct, arena);
  const leftInHypothesis = countTokens(hypothesis.tokens, distinct, arena);
  const lineLocal = takeZeros(arena, distinct + 1);
  const lineArena = createArena();

  const lines = linesOf(hypothesis.lineEnds).map(([from, to]) => hypothesis.tokens.subarray(from, to));
  let hits = 0;
  for (const [from, to] of linesOf(reference.lineEnds)) {
    const line = tokens.subarray(from, to);
    const isHit = uniteLines(line, lines, lineLocal, arena, lineArena);
    for (let at = 0; at < line.length; at++) {
      const token = line[at] as number;
      if (isHit[at] === 0 || leftInReference[token] === 0 || leftInHypothesis[token] === 0) continue;
      leftInReference[token] = (leftInReference[token] as number) - 1;
      leftInHypothesis[token] = (leftInHypothesis[token] as number) - 1;
      hits += 1;
    }
  }
  return rougeScore(hits, hypothesis.tokens.length, tokens.length);
}

/** Begin and end of every line that has a token. */
function linesOf(lineEnds: readonly number[]): [from: number, to: number][] {
  return lineEnds
    .map((end, line): [number, number] => [line === 0 ? 0 : (lineEnds[line - 1] as number), end])
    .filter(([from, to]) => to > from);
}

function countTokens(tokens: Int32Array, distinct: number, arena: Arena): Int32Array {
  const counts = takeZeros(arena, distinct + 1);
  for (const token of tokens) counts[token] = (counts[token] as number) + 1;
  return counts;
}

/** Marks the places of `line` that lie on a longest common subsequence with any of `others`. `lineLocal` is all 0 before and after. */
function uniteLines(
  line: Int32Array,
  others: readonly Int32Array[],
  lineLocal: Int32Array,
  arena: Arena,
  lineArena: Arena,
): Int32Array {
  let distinct = 0;
  const locals = takeRoom(arena, line.length);
  for (let at = 0; at < line.length; at++) {
    const token = line[at] as number;
    if (lineLocal[token] === 0) lineLocal[token] = ++distinct;
    locals[at] = lineLocal[token] as number;
  }
  const places = findPlaces(locals, distinct, arena);
  const isHit = takeZeros(arena, line.length);
  for (const other of others) {
    emptyArena(lineArena);
    const otherLocals = takeRoom(lineArena, other.length);
    let meets = 0;
    for (let at = 0; at < other.length; at++) {
      const local = lineLocal[other[at] as number] as number;
      otherLocals[at] = local;
      meets |= local;
    }
    if (meets !== 0) traceBack(locals, otherLocals, places, isHit, lineArena);
  }
  for (const token of line) lineLocal[token] = 0;
  return isHit;
}

/**
 * Walks the table of common subsequences from its far corner: on a match to both predecessors, else to the hypothesis's where its
 * cell is strictly greater, else to the reference's. A cleared bit says that the table grows at a place of the reference, and that
 * without a match is just the case where the hypothesis's predecessor is greater, so the bits are all that must be kept.
 */
function traceBack(
  reference: Int32Array,
  hypothesis: Int32Array,
  places: TokenPlaces,
  isHit: Int32Array,
  arena: Arena,
): void {
  const rowAt = createRows(hypothesis, places, arena);
  let i = reference.length;
  for (let j = hypothesis.length; i > 0 && j > 0; j--) {
    const token = hypothesis[j - 1] as number;
    const { rows, offset } = rowAt(j);
    while (i > 0 && reference[i - 1] !== token && bitAt(rows, offset, i - 1)) i -= 1;
    if (i > 0 && reference[i - 1] === token) {
      i -= 1;
      isHit[i] = 1;
    }
  }
}

/** The row behind the first `j` tokens, for falling `j`. Rows are kept in stretches; an earlier stretch is made from its first row. */
function createRows(
  hypothesis: Int32Array,
  places: TokenPlaces,
  arena: Arena,
): (j: number) => { rows: Int32Array; offset: number } {
  const { width } = places;
  const all = hypothesis.length + 1;
  const stretch = all * width <= MOST_ROW_WORDS ? all : Math.ceil(Math.sqrt(all));
  const firsts: Int32Array[] = [];
  const row = firstRow(places);
  const last = Math.floor(hypothesis.length / stretch);
  for (let j = 0; j < last * stretch; j++) {
    if (j % stretch === 0) firsts.push(row.slice());
    const token = hypothesis[j] as number;
    if (token !== 0) advanceRow(row, places, token);
  }
  firsts.push(row);
  const rows = takeRoom(arena, stretch * width);
  let made = -1;
  const makeStretch = (number: number) => {
    const current = (firsts[number] as Int32Array).slice();
    for (let index = 0; index < stretch; index++) {
      rows.set(current, index * width);
      const token = hypothesis[number * stretch + index] ?? 0;
      if (token !== 0) advanceRow(current, places, token);
    }
    made = number;
  };
  return (j) => {
    const number = Math.floor(j / stretch);
    if (number !== made) makeStretch(number);
    return { rows, offset: (j - number * stretch) * width };
  };
}
