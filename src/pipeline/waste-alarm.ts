import type { ParsedOutcome } from "../records/index.js";

const FIRST = 20;
const IN_A_ROW = 200;

/** Why asking a teacher was stopped: its replies are of no use. */
export interface WasteAlarm {
  readonly replies: number;
  readonly outcome: ParsedOutcome;
  readonly reason: string | null;
}

/**
 * Watches one teacher's replies and raises the alarm when the first 20 of this start, or any 200 in a row, were all
 * something else than answered.
 */
export class WasteWatch {
  private seen = 0;
  private row = 0;
  private readonly reasons = new Map<string, { outcome: ParsedOutcome; reason: string | null; count: number }>();

  /** Takes one reply's outcome; gives the alarm where this reply raises it. */
  add(outcome: ParsedOutcome, reason: string | null): WasteAlarm | null {
    this.seen += 1;
    if (outcome === "answered") {
      this.row = 0;
      this.reasons.clear();
      return null;
    }
    this.row += 1;
    const key = `${outcome}/${reason}`;
    const entry = this.reasons.get(key) ?? { outcome, reason, count: 0 };
    entry.count += 1;
    this.reasons.set(key, entry);
    const raised = (this.seen === FIRST && this.row === FIRST) || this.row === IN_A_ROW;
    if (!raised) return null;
    const commonest = [...this.reasons.values()].sort((a, b) => b.count - a.count)[0] ?? entry;
    return { replies: this.row, outcome: commonest.outcome, reason: commonest.reason };
  }
}

/** The likely cause and its cure, for a person. */
export function wasteAdvice(alarm: WasteAlarm): string {
  if (alarm.outcome === "truncated") return "the token budget is too small: raise maxTokens";
  if (alarm.outcome === "refused") return "the model declines: look at the prompt and the pictures";
  switch (alarm.reason) {
    case "no-thinking":
      return "the thinking tags do not arrive: serve the model without a reasoning parser, let special tokens through (skip_special_tokens: false; the dialect glm sends it), and check the dialect";
    case "answer-missing":
      return "the server put the whole text into its reasoning field: start it without a reasoning parser";
    case "thinking-not-closed":
    case "empty-thinking":
    case "empty-answer":
      return "the reply's form does not fit the dialect: check `dialect` against what the model writes";
    case "rejected-by-server":
      return "the server refuses the request itself: its words are in the sample";
    default:
      return "look at the sample, and at `show` for one picture";
  }
}
