import type { Answer, Fault } from "../records/index.js";
import { type Asked, badReply, classifyErrorInReply, classifyResponse } from "./classify-response.js";
import { isRecord, parseJson, readErrorBody } from "./error-body.js";
import { faultOfReply, ReplyReader } from "./read-reply.js";
import { bodyEvidence, oneLine } from "./redact.js";

/** A line of a batch's output whose request is not looked up yet. */
export interface BatchResult {
  readonly customId: string;
  /** What came of the request, once it is known who was asked. */
  answer(asked: Asked): Answer;
}

/** What OpenAI writes for requests that it never worked on; they say nothing about the cell. */
const NEVER_RUN = new Set(["batch_expired", "batch_cancelled"]);

/**
 * Reads one line of a batch's output or error file: OpenAI's and vLLM's shape (`response.status_code`,
 * `response.body`), or the completion directly under `response`; errors as objects, as strings, or as a body. Gives a
 * sentence where the line is no result.
 */
export function readBatchResult(line: string): BatchResult | string {
  const json = parseJson(line);
  if (!isRecord(json)) return "is not a JSON object (a file that is still being written, or was cut)";
  const { custom_id: customId, response, error } = json;
  if (typeof customId !== "string") return "has no custom_id";
  if (response === undefined && error === undefined) {
    return json.method === undefined ? "has neither response nor error" : "is a request, not a result";
  }
  return {
    customId,
    answer: (asked) => ({
      ...readAnswer(response, error, asked),
      firstTokenAt: null,
      endedAt: new Date().toISOString(),
    }),
  };
}

type Seen = Pick<Answer, "reply" | "fault" | "status">;

function readAnswer(response: unknown, error: unknown, asked: Asked): Seen {
  const outer = isRecord(response) ? response : {};
  const status = typeof outer.status_code === "number" ? outer.status_code : null;
  const body = isRecord(outer.body) ? outer.body : Array.isArray(outer.choices) ? outer : null;
  if (status !== null && (status < 200 || status >= 300)) {
    const text = JSON.stringify(body ?? outer.body ?? asErrorBody(error));
    return { reply: null, status, fault: classifyResponse({ status, headers: {}, body: text }, asked) };
  }
  if (body !== null) return readBody(body, status ?? 200, asked);
  if (isPresent(error)) return { reply: null, status, fault: faultWithoutStatus(error, asked) };
  return { reply: null, status, fault: badReply("gave neither a reply nor an error", JSON.stringify(response), asked) };
}

function readBody(body: Record<string, unknown>, status: number, asked: Asked): Seen {
  const reader = new ReplyReader(asked);
  const text = JSON.stringify(body);
  const fault = reader.read(text);
  const reply = reader.reply();
  if (fault === null && reply?.content == null && reply?.reasoning == null && !reader.finished()) {
    return { reply: null, status, fault: badReply("gave JSON that is not a chat completion", text, asked) };
  }
  return { reply, status, fault: fault ?? faultOfReply(reply, asked) };
}

function faultWithoutStatus(error: unknown, asked: Asked): Fault {
  const text = JSON.stringify(asErrorBody(error));
  const read = readErrorBody(text);
  if (typeof read.code === "string" && NEVER_RUN.has(read.code)) {
    const message = `${asked.endpoint} was not worked on: ${oneLine(read.message)} (${read.code})`;
    return { kind: "interrupted", message, body: bodyEvidence(text, asked.apiKey) };
  }
  return classifyErrorInReply(read, text, asked);
}

function asErrorBody(error: unknown): unknown {
  return typeof error === "string" ? { error } : (error ?? null);
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
