import { isRecord, parseJson } from "./error-body.js";
import { EventReader } from "./read-events.js";

/** What can be seen of a stream beside its text. */
export interface StreamWatch {
  push(chunk: Buffer): void;
  /** Events that brought text. */
  readonly pieces: number;
  readonly done: boolean;
  /** Monotonic milliseconds; null before the first text. */
  readonly firstTextAt: number | null;
  readonly lastTextAt: number | null;
}

export function watchStream(now: () => number): StreamWatch {
  let pieces = 0;
  let done = false;
  let firstTextAt: number | null = null;
  let lastTextAt: number | null = null;
  let isStream = true;
  const events = new EventReader({
    event(data) {
      if (data === "[DONE]") done = true;
      else if (bringsText(parseJson(data))) {
        pieces += 1;
        lastTextAt = now();
        firstTextAt ??= lastTextAt;
      }
    },
  });
  return {
    push(chunk) {
      if (!isStream) return;
      try {
        events.push(chunk);
      } catch {
        // The reader of the reply says what is wrong with it.
        isStream = false;
      }
    },
    get pieces() {
      return pieces;
    },
    get done() {
      return done;
    },
    get firstTextAt() {
      return firstTextAt;
    },
    get lastTextAt() {
      return lastTextAt;
    },
  };
}

function bringsText(chunk: unknown): boolean {
  const choices: unknown = isRecord(chunk) ? chunk.choices : null;
  if (!Array.isArray(choices)) return false;
  return choices.some((choice: unknown) => {
    const delta: unknown = isRecord(choice) ? choice.delta : null;
    if (!isRecord(delta)) return false;
    return ["content", "reasoning", "reasoning_content"].some(
      (field) => typeof delta[field] === "string" && delta[field] !== "",
    );
  });
}
