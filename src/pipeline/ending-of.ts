import type { Ended } from "../records/index.js";
import type { SettledEnding } from "./settle-cells.js";

/** What an ended attempt says about its cell, without its text. */
export function endingOf({ attempt, round, countsAsTry, reply, fault }: Ended): SettledEnding {
  return { attempt, round, countsAsTry, finishReason: reply?.finishReason ?? null, faultKind: fault?.kind ?? null };
}
