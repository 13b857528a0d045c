import type { Ended } from "./attempt.js";
import { readFinishReason } from "./finish-reason.js";
import { FAILED_REASONS, type FailedReason } from "./outcome.js";

/** What the attempts of one cell amount to, before any parser has looked at the text. */
export interface CellState<E> {
  /** Attempts that ended. */
  readonly attempts: number;
  /** Faults of this very cell in its newest round. */
  readonly tries: number;
  readonly round: number;
  /** How often in that round an endpoint was gone with this cell in flight. */
  readonly deaths: number;
  /** The attempt that speaks for the cell: its first finished reply of the newest round that has one. */
  readonly accepted: E | null;
  /** The fault that made it `failed`, where no reply was ever accepted and a round's tries are used up. */
  readonly failed: { readonly reason: FailedReason; readonly attempt: E } | null;
}

export const EMPTY_CELL: CellState<never> = {
  attempts: 0,
  tries: 0,
  round: 0,
  deaths: 0,
  accepted: null,
  failed: null,
};

/** The part of an ended attempt that decides about a cell: cheap to read without its text. */
export type Ending = Pick<Ended, "round" | "countsAsTry" | "attempt"> & {
  readonly finishReason: string | null;
  readonly faultKind: string | null;
};

/** Faults after which a cell is final at once. */
const FINAL_AT_ONCE = new Set<string>(["image-changed", "set-aside"]);

/**
 * Adds one ended attempt to its cell; attempts come writer by writer, in the order the writers started. Inside a round
 * the first finished reply stays and a late duplicate only counts as an attempt. A final cell stays final while
 * `--again` asks it anew, until a better record replaces it: a reply outranks a failure, a newer reply an older one.
 */
export function addEnding<E extends Ending>(cell: CellState<E>, ending: E, maxTries: number): CellState<E> {
  const round = Math.max(cell.round, ending.round);
  const before = ending.round > cell.round ? EMPTY_CELL : cell;
  const tries = before.tries + (ending.countsAsTry && ending.round === round ? 1 : 0);
  const deaths = before.deaths + (ending.faultKind === "endpoint-gone" && ending.round === round ? 1 : 0);
  const next = { ...cell, attempts: cell.attempts + 1, tries, round, deaths };
  if (ending.faultKind === null && readFinishReason(ending.finishReason) === "finished") {
    const replaces = cell.accepted === null || ending.round > cell.accepted.round;
    return replaces ? { ...next, accepted: ending, failed: null } : next;
  }
  const usedUp = FINAL_AT_ONCE.has(ending.faultKind ?? "") || (ending.countsAsTry && tries >= maxTries);
  if (usedUp && cell.accepted === null) {
    return { ...next, failed: { reason: failedReason(ending.faultKind), attempt: ending } };
  }
  return next;
}

/** Whether the same line would leave this cell alone. */
export function isFinal(cell: CellState<unknown>): boolean {
  return cell.accepted !== null || cell.failed !== null;
}

function failedReason(kind: string | null): FailedReason {
  return FAILED_REASONS.find((reason) => reason === kind) ?? "incomplete";
}
