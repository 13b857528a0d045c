import { toUSVString } from "node:util";
import type { Asked, AttemptEvent, Ended, Reply } from "../records/index.js";

export const SEGMENT_VERSION = 1;

/** The columns of a sealed segment with their DuckDB types, in order. */
const SEGMENT_COLUMNS = {
  id: "VARCHAR",
  event: "VARCHAR",
  model: "VARCHAR",
  attempt: "VARCHAR",
  round: "INTEGER",
  key: "VARCHAR",
  endpoint: "VARCHAR",
  asked_at: "VARCHAR",
  first_token_at: "VARCHAR",
  ended_at: "VARCHAR",
  status: "INTEGER",
  counts_as_try: "BOOLEAN",
  finish_reason: "VARCHAR",
  prompt_tokens: "BIGINT",
  completion_tokens: "BIGINT",
  fault_kind: "VARCHAR",
  prepared_sha256: "VARCHAR",
  /** JSON text, null without a fault. */
  fault: "VARCHAR",
  /** JSON text, the same as in the journal; null without a reply. */
  reply: "VARCHAR",
  /** Where the line ended in the journal, which tells what a writer's tallies had seen. */
  journal_end: "BIGINT",
} as const;

export const SEGMENT_COLUMN_TYPES: readonly (readonly [SegmentColumn, "VARCHAR" | "INTEGER" | "BIGINT" | "BOOLEAN"])[] =
  Object.entries(SEGMENT_COLUMNS).map(([name, type]) => [name as SegmentColumn, type]);

export type SegmentColumn = keyof typeof SEGMENT_COLUMNS;
export type SegmentValue = string | number | bigint | boolean | null;
/** One row, values in the order of `SEGMENT_COLUMNS`. */
export type SegmentRow = Readonly<Record<SegmentColumn, SegmentValue>>;

/**
 * A request as its line in a journal has it. Field by field here and below: a copy with fields added takes the engine a
 * hundred times as long as an object written out, which shows at two thousand lines a second.
 */
export function askedLine(asked: Asked): object {
  return {
    id: asked.image,
    event: "asked",
    model: asked.model,
    attempt: asked.attempt,
    round: asked.round,
    key: asked.key,
    endpoint: asked.endpoint,
    askedAt: asked.askedAt,
  };
}

/** The end of an attempt as its line has it: id first, the long texts last, and the reply after everything else. */
export function endedLine(ended: Ended): object {
  return {
    id: ended.image,
    event: "ended",
    model: ended.model,
    attempt: ended.attempt,
    round: ended.round,
    key: ended.key,
    endpoint: ended.endpoint,
    askedAt: ended.askedAt,
    firstTokenAt: ended.firstTokenAt,
    endedAt: ended.endedAt,
    status: ended.status,
    countsAsTry: ended.countsAsTry,
    preparedSha256: ended.preparedSha256,
    fault: ended.fault,
    reply: ended.reply === null ? null : replyForDisk(ended.reply),
  };
}

/** A journal line as read: an event whose image is called `id`. */
export type LineRecord = { readonly id: string } & (
  | Omit<Extract<AttemptEvent, { event: "asked" }>, "image">
  | Omit<Extract<AttemptEvent, { event: "ended" }>, "image">
);

export function fromLine(line: LineRecord): AttemptEvent {
  const { id, ...rest } = line;
  return { image: id, ...rest };
}

/** What of a value a column can hold. */
export function storedValue(type: "VARCHAR" | "INTEGER" | "BIGINT" | "BOOLEAN", value: SegmentValue): SegmentValue {
  if (value === null) return null;
  // A lone half of a surrogate pair is no UTF-8. Replies are JSON text, which escapes it.
  if (type === "VARCHAR") return toUSVString(String(value));
  if (type === "BOOLEAN") return value === true;
  // A count that is no whole number is a server's nonsense; the reply's own text still has it.
  return Number.isSafeInteger(value) ? value : null;
}

const REPLY_FIELD = ',"reply":';
/** As `replyForDisk` begins. */
const REPLY_START = '{"finishReason":';

/**
 * The reply's JSON as it stands in a line's record, null where there is none. It is the last field, and the only one of
 * this name: inside a text the quotes would be escaped. Written anew only where a line looks otherwise, since that was a
 * fifth of the work of sealing.
 */
export function replyTextOf(body: Buffer, line: LineRecord): string | null {
  if (line.event === "asked" || !line.reply) return null;
  const at = body.indexOf(REPLY_FIELD);
  const text = at === -1 ? "" : body.toString("utf8", at + REPLY_FIELD.length);
  return text.startsWith(REPLY_START) && text.endsWith("}") ? text : JSON.stringify(line.reply);
}

export function toSegmentRow(line: LineRecord, journalEnd: number, reply: string | null): SegmentRow {
  const ended = line.event === "ended" ? line : null;
  return {
    id: line.id,
    event: line.event,
    model: line.model,
    attempt: line.attempt,
    round: line.round,
    key: line.key,
    endpoint: line.endpoint,
    asked_at: line.askedAt,
    first_token_at: ended?.firstTokenAt ?? null,
    ended_at: ended?.endedAt ?? null,
    status: ended?.status ?? null,
    counts_as_try: ended?.countsAsTry ?? null,
    finish_reason: ended?.reply?.finishReason ?? null,
    prompt_tokens: ended?.reply?.promptTokens ?? null,
    completion_tokens: ended?.reply?.completionTokens ?? null,
    fault_kind: ended?.fault?.kind ?? null,
    prepared_sha256: ended?.preparedSha256 ?? null,
    fault: ended?.fault ? JSON.stringify(ended.fault) : null,
    reply,
    journal_end: journalEnd,
  };
}

/** The event of a row whose values `get` hands out by column. */
export function fromSegment(get: (column: SegmentColumn) => unknown): AttemptEvent {
  const asked = {
    image: String(get("id")),
    model: String(get("model")),
    attempt: String(get("attempt")),
    round: Number(get("round")),
    key: String(get("key")),
    endpoint: String(get("endpoint")),
    askedAt: String(get("asked_at")),
  };
  if (get("event") !== "ended") return { event: "asked", ...asked };
  return {
    event: "ended",
    ...asked,
    firstTokenAt: textOrNull(get("first_token_at")),
    endedAt: String(get("ended_at")),
    status: numberOrNull(get("status")),
    reply: jsonOrNull(get("reply")),
    fault: jsonOrNull(get("fault")),
    countsAsTry: get("counts_as_try") === true,
    preparedSha256: textOrNull(get("prepared_sha256")),
  };
}

export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function jsonOrNull<T>(value: unknown): T | null {
  return typeof value === "string" ? JSON.parse(value) : null;
}

/** The small fields first, so that one look at a line shows them before the text. */
function replyForDisk(reply: Reply): Reply {
  return {
    finishReason: reply.finishReason,
    promptTokens: reply.promptTokens,
    completionTokens: reply.completionTokens,
    model: reply.model,
    id: reply.id,
    reasoningField: reply.reasoningField,
    content: reply.content,
    reasoning: reply.reasoning,
  };
}
