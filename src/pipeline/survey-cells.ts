import { findMark, type TokenCounter } from "../export/index.js";
import type { ExportPair, Pair } from "../records/index.js";
import type { OpenedRun } from "./open-run.js";
import { type OutgoingChoice, partsOf } from "./outgoing-rows.js";
import { cellsByImage } from "./stream-pairs.js";

/** Why an answered cell stays behind, in the words of the card. */
export const HELD_BACK = {
  review: "picture of a person class, marked for review",
  "no-thinking": "it has no thinking, which is what this export holds",
  marked: "its text holds tags or special tokens of its readers",
  incomplete: "another teacher has no pair of this picture, and a row holds all",
  unselected: "picture outside the subset",
} as const;
export type HeldBack = keyof typeof HELD_BACK;
type Fate = "out" | "not-answered" | HeldBack;

const FATES: readonly Fate[] = ["out", "not-answered", "review", "no-thinking", "marked", "incomplete"];
/** Pictures whose texts are counted together, so that a tokenizer can use every core. */
const PICTURES_AT_ONCE = 64;
const NO_TOKENS = -1;

/** What one walk over the run found out about every cell: two bytes and eight for its tokens. */
export interface CellSurvey {
  /** Whether any pair of the image can go out. */
  goesOut(place: number): boolean;
  pairGoesOut(place: number, teacher: number): boolean;
  /** Null where the cell is not answered. */
  heldBack(place: number, teacher: number): HeldBack | null;
  tokensOf(place: number, teacher: number): ExportPair["tokens"];
  /** Whether a part of the pair holds a mark of its readers. */
  isMarked(place: number, teacher: number): boolean;
  /** Models some of whose text the built-in observer wrote. */
  readonly observed: ReadonlySet<string>;
}

/** Walks the run once: settles which cells can go out and counts their tokens, so that nothing is read or counted twice. */
export async function surveyCells(run: OpenedRun, choice: OutgoingChoice, counter: TokenCounter): Promise<CellSurvey> {
  const teachers = choice.teachers.length;
  const fates = new Uint8Array(run.images.length * teachers).fill(FATES.indexOf("not-answered"));
  const marked = new Uint8Array(run.images.length * teachers);
  const tokens = new Int32Array(run.images.length * teachers * 2).fill(NO_TOKENS);
  const observed = new Set<string>();
  const waiting: { readonly slot: number; readonly text: string }[] = [];
  const countWaiting = async () => {
    const counts = await counter.count(waiting.map(({ text }) => text));
    for (const [index, { slot }] of waiting.entries()) tokens[slot] = counts[index] ?? NO_TOKENS;
    waiting.length = 0;
  };

  let place = -1;
  for await (const cells of cellsByImage(run.store, choice.teachers, run.images)) {
    place += 1;
    const review = run.images[place]?.review === true && !choice.includePeople;
    const found = cells.map(({ pair, observer }, teacher): Fate => {
      if (observer) observed.add(pair.model);
      const hasMark = choice.marks !== "kept" && holdsMark(pair, choice);
      marked[place * teachers + teacher] = hasMark ? 1 : 0;
      return fateOf(pair, choice, review, hasMark);
    });
    const isWhole = !choice.wholeImages || found.every((fate) => fate === "out");
    for (const [teacher, { pair }] of cells.entries()) {
      const fate = found[teacher] === "out" && !isWhole ? "incomplete" : (found[teacher] ?? "not-answered");
      const slot = place * teachers + teacher;
      fates[slot] = FATES.indexOf(fate);
      if (fate !== "out") continue;
      const { thinking, answer } = partsOf(pair, choice.parts);
      if (thinking !== null) waiting.push({ slot: 2 * slot, text: thinking });
      if (answer !== null) waiting.push({ slot: 2 * slot + 1, text: answer });
    }
    if (waiting.length >= PICTURES_AT_ONCE * teachers) await countWaiting();
  }
  await countWaiting();

  const fateAt = (at: number, teacher: number) => FATES[fates[at * teachers + teacher] ?? 1] ?? "not-answered";
  const tokenAt = (slot: number) => {
    const count = tokens[slot] ?? NO_TOKENS;
    return count === NO_TOKENS ? null : count;
  };
  return {
    goesOut: (at) => choice.teachers.some((_, teacher) => fateAt(at, teacher) === "out"),
    pairGoesOut: (at, teacher) => fateAt(at, teacher) === "out",
    heldBack(at, teacher) {
      const fate = fateAt(at, teacher);
      return fate === "out" || fate === "not-answered" ? null : fate;
    },
    tokensOf: (at, teacher) => {
      const slot = 2 * (at * teachers + teacher);
      return { thinking: tokenAt(slot), answer: tokenAt(slot + 1) };
    },
    isMarked: (at, teacher) => marked[at * teachers + teacher] === 1,
    observed,
  };
}

function fateOf(pair: Pair, choice: OutgoingChoice, review: boolean, hasMark: boolean): Fate {
  if (pair.outcome !== "answered" || pair.answer === null) return "not-answered";
  if (review) return "review";
  if (choice.parts === "thinking" && pair.thinking === null) return "no-thinking";
  return hasMark && choice.marks === "left-out" ? "marked" : "out";
}

function holdsMark(pair: Pair, choice: OutgoingChoice): boolean {
  if (pair.outcome !== "answered") return false;
  const { thinking, answer } = partsOf(pair, choice.parts);
  return findMark(thinking) !== null || findMark(answer) !== null;
}
