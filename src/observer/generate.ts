import type { ChatRequest } from "./chat-request.js";
import { GLM_SPECIALS, toTokens } from "./tokens.js";

/** A reply cut into what each token adds to the text; a special that is left out adds nothing. */
export interface Generated {
  readonly pieces: readonly string[];
  readonly finish: "stop" | "length";
  /** The stop string that was met, else null. */
  readonly stopReason: string | null;
}

/** Applies what a request may ask of the text: special tokens left out, a token limit, stop strings. */
export function generate(
  text: string,
  request: Pick<ChatRequest, "maxTokens" | "skipSpecialTokens" | "stop">,
  isGlm: boolean,
): Generated {
  const tokens = toTokens(text, isGlm ? GLM_SPECIALS : []);
  const hidden = new Set<string>(isGlm && request.skipSpecialTokens ? GLM_SPECIALS : []);
  const limit = request.maxTokens ?? Number.POSITIVE_INFINITY;
  const pieces = tokens.slice(0, Math.min(limit, tokens.length)).map((token) => (hidden.has(token) ? "" : token));
  const met = firstStop(pieces.join(""), request.stop);
  if (met === null) return { pieces, finish: tokens.length > limit ? "length" : "stop", stopReason: null };
  return { pieces: cutAt(pieces, met.at), finish: "stop", stopReason: met.stop };
}

function firstStop(text: string, stops: readonly string[]): { at: number; stop: string } | null {
  let first: { at: number; stop: string } | null = null;
  for (const stop of stops) {
    const at = stop === "" ? -1 : text.indexOf(stop);
    if (at >= 0 && (first === null || at < first.at)) first = { at, stop };
  }
  return first;
}

function cutAt(pieces: readonly string[], length: number): string[] {
  const kept: string[] = [];
  let left = length;
  for (const piece of pieces) {
    if (left <= 0) break;
    kept.push(piece.slice(0, left));
    left -= piece.length;
  }
  return kept;
}
