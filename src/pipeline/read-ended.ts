import { parseReply } from "../parsing/index.js";
import { type Dialect, type Ended, FAILED_REASONS, type ParsedReply } from "../records/index.js";

/** What an ended attempt says: its reply through today's parser, or the fault that stands in its place. */
export function readEnded(ended: Pick<Ended, "reply" | "fault">, dialect: Dialect): ParsedReply {
  if (ended.fault === null && ended.reply !== null) return parseReply(ended.reply, dialect);
  const reason = FAILED_REASONS.find((known) => known === ended.fault?.kind) ?? "incomplete";
  return { outcome: "failed", reason, thinking: null, answer: null, flags: [] };
}
