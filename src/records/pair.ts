import type { ImageId } from "./image.js";
import type { Outcome, ParsedOutcome } from "./outcome.js";

/** What a reply says, read by today's parser. */
export interface ParsedReply {
  readonly outcome: ParsedOutcome;
  /** Null for `answered`. */
  readonly reason: string | null;
  /** Null where absent, never empty. */
  readonly thinking: string | null;
  readonly answer: string | null;
  /** Sorted. */
  readonly flags: readonly string[];
}

/** A cell as `pairs` prints it: one a cell, missing ones too. */
export interface Pair {
  readonly image: ImageId;
  readonly class: string | null;
  readonly model: string;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly thinking: string | null;
  readonly answer: string | null;
  readonly flags: readonly string[];
  readonly finishReason: string | null;
  readonly attempts: number;
}
