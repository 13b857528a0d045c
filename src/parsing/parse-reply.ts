import { type Dialect, type DialectName, type ParsedReply, readFinishReason } from "../records/index.js";
import { declinesTask } from "./declined.js";
import { dialectNamed } from "./dialects.js";
import { flagParts } from "./flag-parts.js";
import type { Flag } from "./flags.js";
import { type Parts, readParts } from "./read-parts.js";
import { stripEndOfTurn } from "./strip-end.js";

/** The fields of a reply that a parser reads. What is absent may be null or left out. */
export interface ReplyText {
  readonly content?: string | null | undefined;
  /** The server's own reasoning field, under either of its names. */
  readonly reasoning?: string | null | undefined;
  readonly finishReason?: string | null | undefined;
}

/** Finish reasons of a reply that was broken off: read as far as it goes. */
const CUT = new Set(["length", "repetition", "content_filter"]);

/** What became of a reply, and why. */
export type ReplyOutcome = Pick<ParsedReply, "outcome" | "reason">;

/**
 * Reads thinking and answer from a reply, or the reason why it cannot be read. Pure, and linear in the length of the
 * text; no text makes it throw. Throws a `UsageError` on a dialect name that is not known.
 */
export function parseReply(reply: ReplyText, dialect: Dialect | DialectName): ParsedReply {
  const { outcome, reason, thinking, answer, flags } = readReply(reply, dialect);
  flagParts(thinking, answer, flags);
  return { outcome, reason, thinking, answer, flags: [...flags].sort() };
}

/** Outcome and reason as `parseReply` gives them, for who only counts: looking for flags is most of its work. */
export function readOutcome(reply: ReplyText, dialect: Dialect | DialectName): ReplyOutcome {
  const { outcome, reason } = readReply(reply, dialect);
  return { outcome, reason };
}

interface ReadReply extends ReplyOutcome, Pick<Parts, "thinking" | "answer"> {
  /** Those that the reading itself came upon. */
  readonly flags: Set<Flag>;
}

function readReply(reply: ReplyText, dialect: Dialect | DialectName): ReadReply {
  const spoken = typeof dialect === "string" ? dialectNamed(dialect) : dialect;
  const finishReason = reply.finishReason ?? null;
  const flags = new Set<Flag>();
  const ending = readFinishReason(finishReason);
  if (ending !== "finished") {
    const reason = ending === "unknown" ? "unknown-finish-reason" : "incomplete";
    return { outcome: "failed", reason, thinking: null, answer: null, flags };
  }

  if (finishReason === "imported") flags.add("finish-unknown");
  const cut = finishReason !== null && CUT.has(finishReason);
  const content = stripEndOfTurn(reply.content ?? "");
  const reasoning = stripEndOfTurn(reply.reasoning ?? "");
  const parts = readParts(content, reasoning, { dialect: spoken, cut, flags });
  const { outcome, reason } = cut ? judgeCut(parts, finishReason) : judgeWhole(parts, spoken);
  return { outcome, reason, thinking: parts.thinking, answer: parts.answer, flags };
}

function judgeCut({ extent }: Parts, finishReason: string | null): ReplyOutcome {
  if (finishReason === "content_filter") return { outcome: "refused", reason: "content-filter" };
  if (finishReason === "repetition") return { outcome: "truncated", reason: "repetition" };
  // A closer was seen before a later thought too.
  const inAnswer = extent === "answer" || extent === "untagged" || extent === "later-thought";
  return { outcome: "truncated", reason: inAnswer ? "cut-in-answer" : "cut-in-thinking" };
}

function judgeWhole({ extent, thinking, answer }: Parts, dialect: Dialect): ReplyOutcome {
  if (extent === "nothing") return unparsed("empty");
  if (extent === "reasoning-alone") return unparsed("answer-missing");
  if (extent === "first-thought" || extent === "later-thought") return unparsed("thinking-not-closed");
  if (extent === "untagged" && dialect.mustThink) return unparsed("no-thinking");
  if (extent === "answer" && thinking === null) return unparsed("empty-thinking");
  if (answer === null) return unparsed("empty-answer");
  if (declinesTask(answer)) return { outcome: "refused", reason: "declined" };
  return { outcome: "answered", reason: null };
}

function unparsed(reason: string): ReplyOutcome {
  return { outcome: "unparsed", reason };
}
