/** Finish reasons that end a reply for good. `imported` is written only by an import of the released set. */
const FINISHED = new Set([
  "stop",
  "eos",
  "end_turn",
  "stop_sequence",
  "length",
  "repetition",
  "content_filter",
  "imported",
]);
const BROKEN_OFF = new Set(["abort", "error"]);

/** Whether a reply is whole (`finished`), was broken off (`incomplete`), or says something nobody knows (`unknown`). */
export function readFinishReason(finishReason: string | null): "finished" | "incomplete" | "unknown" {
  if (finishReason === null || BROKEN_OFF.has(finishReason)) return "incomplete";
  return FINISHED.has(finishReason) ? "finished" : "unknown";
}
