import type { Flag } from "./flags.js";
import { endsInLoop } from "./loop.js";
import { mixesLanguages } from "./mixed-language.js";
import { occursIn } from "./occurs-in.js";

/** A shorter answer may stand in the thinking by chance. */
const SHORTEST_COPY = 100;

/** Adds what can be said of the two parts as they will be kept, whatever became of the reply. */
export function flagParts(thinking: string | null, answer: string | null, flags: Set<Flag>): void {
  for (const part of [thinking, answer]) {
    if (part === null) continue;
    if (part.includes("\uFFFD")) flags.add("replacement-character");
    if (endsInLoop(part)) flags.add("loop");
    if (mixesLanguages(part)) flags.add("mixed-language");
  }
  if (thinking !== null && answer !== null && answer.length >= SHORTEST_COPY && occursIn(answer, thinking)) {
    flags.add("answer-copies-thinking");
  }
}
