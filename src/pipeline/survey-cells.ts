import { findMark, type TokenCounter } from "../export/index.js";
import type { ExportPair, ParsedReply } from "../records/index.js";
import { countInBatches } from "./count-in-batches.js";
import type { OpenedRun } from "./open-run.js";
import { type OutgoingChoice, partsOf } from "./outgoing-rows.js";
import { positionsOf, settleCells } from "./settle-cells.js";
import { acceptedReplies } from "./stream-pairs.js";

/** Why an answered cell stays behind, in the words of the card. */
export const HELD_BACK = {
  review: "picture of a person class, marked for review",
  "no-thinking": "it has no thinking, which is what this export holds",
  marked: "its text holds tags or special tokens of its readers",
  incomplete: "another teacher has no pair of this picture, and a row holds all",
  unselected: "picture outside the subset",
  "not-common": "a teacher of the experiment has no whole pair of this picture",
  "held-out": "picture held out from training",
  "trained-on": "picture that is trained on",
  turn: "another teacher's turn for this picture",
} as const;
export type HeldBack = keyof typeof HELD_BACK;
type Fate = "out" | "not-answered" | HeldBack;

const FATES: readonly Fate[] = ["out", "not-answered", "review", "no-thinking", "marked", "incomplete"];
const NO_TOKENS = -1;

/** What one walk over the run found out about every cell. */
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

/** Walks the replies once, in the order they lie: settles which cells can go out and counts their tokens. */
export async function surveyCells(run: OpenedRun, choice: OutgoingChoice, counter: TokenCounter): Promise<CellSurvey> {
  const table = openTable(run.images.length, choice.teachers.length);
  const tokens = countInBatches(counter, table.tokens);
  const positions = positionsOf(run.images);
  const observed = new Set<string>();
  for (const [teacher, model] of choice.teachers.entries()) {
    const cells = await settleCells(run.store, model, positions);
    for await (const { position, value } of acceptedReplies(run.store, model, cells, positions)) {
      if (value.observer) observed.add(model.name);
      const slot = table.slotOf(position, teacher);
      const review = run.images[position]?.review === true && !choice.includePeople;
      const hasMark = choice.marks !== "kept" && holdsMark(value.parsed, choice);
      const fate = fateOf(value.parsed, choice, review, hasMark);
      table.marked[slot] = hasMark ? 1 : 0;
      table.fates[slot] = FATES.indexOf(fate);
      if (fate !== "out") continue;
      const { thinking, answer } = partsOf(value.parsed, choice.parts);
      if (thinking !== null) await tokens.add(2 * slot, thinking);
      if (answer !== null) await tokens.add(2 * slot + 1, answer);
    }
  }
  await tokens.finish();
  if (choice.wholeImages) holdBackIncomplete(table.fates, choice.teachers.length);
  return { ...table.view, observed };
}

/** What is known of every cell: one byte for its fate, one for its marks, eight for its tokens. */
function openTable(images: number, teachers: number) {
  const fates = new Uint8Array(images * teachers).fill(FATES.indexOf("not-answered"));
  const marked = new Uint8Array(images * teachers);
  const tokens = new Int32Array(images * teachers * 2).fill(NO_TOKENS);
  const slotOf = (place: number, teacher: number) => place * teachers + teacher;
  const fateAt = (place: number, teacher: number) => FATES[fates[slotOf(place, teacher)] ?? 1] ?? "not-answered";
  const tokensAt = (slot: number) => (tokens[slot] === NO_TOKENS ? null : (tokens[slot] ?? null));
  const view: Omit<CellSurvey, "observed"> = {
    goesOut: (place) => Array.from({ length: teachers }).some((_, teacher) => fateAt(place, teacher) === "out"),
    pairGoesOut: (place, teacher) => fateAt(place, teacher) === "out",
    heldBack(place, teacher) {
      const fate = fateAt(place, teacher);
      return fate === "out" || fate === "not-answered" ? null : fate;
    },
    tokensOf(place, teacher) {
      const slot = 2 * slotOf(place, teacher);
      return { thinking: tokensAt(slot), answer: tokensAt(slot + 1) };
    },
    isMarked: (place, teacher) => marked[slotOf(place, teacher)] === 1,
  };
  return { fates, marked, tokens, slotOf, view };
}

/** Where a row holds all teachers, one that cannot go out keeps the others of its image back. */
function holdBackIncomplete(fates: Uint8Array, teachers: number): void {
  const [out, incomplete] = [FATES.indexOf("out"), FATES.indexOf("incomplete")];
  for (let start = 0; start < fates.length; start += teachers) {
    const ofImage = fates.subarray(start, start + teachers);
    if (ofImage.every((fate) => fate === out)) continue;
    for (const [teacher, fate] of ofImage.entries()) if (fate === out) ofImage[teacher] = incomplete;
  }
}

function fateOf(reply: ParsedReply, choice: OutgoingChoice, review: boolean, hasMark: boolean): Fate {
  if (reply.outcome !== "answered" || reply.answer === null) return "not-answered";
  if (review) return "review";
  if (choice.parts === "thinking" && reply.thinking === null) return "no-thinking";
  return hasMark && choice.marks === "left-out" ? "marked" : "out";
}

function holdsMark(reply: ParsedReply, choice: OutgoingChoice): boolean {
  if (reply.outcome !== "answered") return false;
  const { thinking, answer } = partsOf(reply, choice.parts);
  return findMark(thinking) !== null || findMark(answer) !== null;
}
