import { parseReply, type ReplyOutcome, readOutcome } from "../parsing/index.js";
import { type Dialect, type Ended, FAILED_REASONS, type ParsedReply } from "../records/index.js";

/** What an ended attempt says: its reply through today's parser, or the fault that stands in its place. */
export function readEnded(ended: Pick<Ended, "reply" | "fault">, dialect: Dialect): ParsedReply {
  if (ended.fault === null && ended.reply !== null) return parseReply(ended.reply, dialect);
  return { ...failed(ended), thinking: null, answer: null, flags: [] };
}

/** Outcome and reason alone, for a quarter of the work. */
export function endedOutcome(ended: Pick<Ended, "reply" | "fault">, dialect: Dialect): ReplyOutcome {
  return ended.fault === null && ended.reply !== null ? readOutcome(ended.reply, dialect) : failed(ended);
}

function failed({ fault }: Pick<Ended, "fault">): ReplyOutcome {
  return { outcome: "failed", reason: FAILED_REASONS.find((known) => known === fault?.kind) ?? "incomplete" };
}
