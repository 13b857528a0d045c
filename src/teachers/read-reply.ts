import { type Fault, type Reply, readFinishReason } from "../records/index.js";
import { type Asked, badReply, classifyErrorInReply } from "./classify-response.js";
import { isErrorObject, isRecord, parseJson, readErrorObject } from "./error-body.js";
import { learnShape, type PieceShape } from "./piece-shape.js";

/** More text than any context window holds; beyond it a server is running wild. */
const MAX_TEXT_UNITS = 64 * 1024 * 1024;

/** Joins the pieces of one reply. */
export interface ReplyReader {
  /** Takes the text of one event, or a whole JSON body. A fault ends the reading. */
  read(text: string): Fault | null;
  /** A finish reason was seen: whatever ends the connection now, the text is whole. */
  finished(): boolean;
  /** Characters of text so far. */
  length(): number;
  /** ISO 8601; null where no piece of text was streamed. */
  firstTokenAt(): string | null;
  /** What has come so far; null where nothing has. */
  reply(): Reply | null;
}

const TEXT_FIELDS = ["content", "reasoning", "reasoning_content"] as const;
/** A server whose events differ in more than their text is read as JSON throughout. */
const MOST_USELESS_SHAPES = 4;

/** Reads chat completions, streamed in pieces or whole, from vLLM, SGLang, llama.cpp, transformers serve and hosted APIs. */
export function openReplyReader(asked: Asked): ReplyReader {
  let content: string | null = null;
  let reasoning: string | null = null;
  let reasoningField: string | null = null;
  let finishReason: string | null = null;
  let promptTokens: number | null = null;
  let completionTokens: number | null = null;
  let model: string | null = null;
  let id: string | null = null;
  let anything = false;
  let firstTokenAt: string | null = null;
  let shape: PieceShape | null = null;
  let shapeWasUsed = false;
  let uselessShapes = 0;

  function addText(field: string, text: string): void {
    if (field === "content") content = content === null ? text : content + text;
    // Some servers send both names with the same text, or one of them always empty: the first with text is kept.
    else if (reasoning === null || (reasoning === "" && text !== "")) {
      reasoning = text;
      reasoningField = field;
    } else if (reasoningField === field) reasoning += text;
  }

  /** Null, or what is wrong with the part. */
  function addPart(part: Record<string, unknown>): string | null {
    if (typeof part.content !== "string" && isPresent(part.content)) return "sent a content that is not text";
    for (const field of TEXT_FIELDS) {
      const text = part[field];
      if (typeof text === "string") addText(field, text);
    }
    return tooMuch();
  }

  const length = () => (content?.length ?? 0) + (reasoning?.length ?? 0);

  function tooMuch(): string | null {
    return length() > MAX_TEXT_UNITS ? "sent more text than is believable" : null;
  }

  function addUsage(usage: unknown): void {
    if (!isRecord(usage)) return;
    promptTokens = readCount(usage.prompt_tokens) ?? promptTokens;
    completionTokens = readCount(usage.completion_tokens) ?? completionTokens;
  }

  function addChoice(choice: Record<string, unknown>): string | null {
    const delta = isRecord(choice.delta) ? choice.delta : null;
    const part = delta ?? (isRecord(choice.message) ? choice.message : {});
    const problem = addPart(part);
    // The role chunk comes before the first token and says nothing about it.
    if (delta !== null && firstTokenAt === null && (!("role" in delta) || hasText(delta))) {
      firstTokenAt = new Date().toISOString();
    }
    if (typeof choice.finish_reason === "string" && choice.finish_reason !== "") finishReason = choice.finish_reason;
    return problem;
  }

  function addChunk(chunk: Record<string, unknown>): string | null {
    anything = true;
    if (typeof chunk.model === "string" && chunk.model !== "") model = chunk.model;
    if (typeof chunk.id === "string" && chunk.id !== "") id ??= chunk.id;
    addUsage(chunk.usage);
    const choice = firstChoice(chunk);
    return choice === null ? null : addChoice(choice);
  }

  /** All but its text is as it was in an event before, and that has been taken in. */
  function addPiece(field: string, text: string): string | null {
    shapeWasUsed = true;
    addText(field, text);
    return tooMuch();
  }

  function learn(text: string, json: Record<string, unknown>): void {
    const piece = uselessShapes < MOST_USELESS_SHAPES ? findPiece(json) : null;
    const learned = piece === null ? null : learnShape(text, piece.field, findPiece);
    if (learned === null) return;
    if (shape !== null && !shapeWasUsed) uselessShapes += 1;
    shape = learned;
    shapeWasUsed = false;
  }

  return {
    read(text) {
      const piece = shape?.textOf(text) ?? null;
      if (shape !== null && piece !== null) {
        const problem = addPiece(shape.field, piece);
        return problem === null ? null : badReply(problem, text, asked);
      }
      const json = parseJson(text);
      if (!isRecord(json)) return badReply("sent something that is not a JSON object", text, asked);
      if (isErrorObject(json)) return classifyErrorInReply(readErrorObject(json), text, asked);
      const problem = addChunk(json);
      if (problem !== null) return badReply(problem, text, asked);
      learn(text, json);
      return null;
    },
    finished: () => finishReason !== null,
    length,
    firstTokenAt: () => firstTokenAt,
    reply() {
      if (!anything) return null;
      return { content, reasoning, reasoningField, finishReason, promptTokens, completionTokens, model, id };
    },
  };
}

/** What is wrong with a reply that came to its end, or null where it is whole and from the model that was asked. */
export function faultOfReply(reply: Reply | null, asked: Asked): Fault | null {
  const finishReason = reply?.finishReason ?? null;
  if (reply !== null && !isModel(reply.model, asked.model)) {
    const message = `${asked.endpoint} answered as "${reply.model}" when "${asked.model}" was asked`;
    return { kind: "wrong-model", message, body: null };
  }
  if (isOfAnotherRequest(reply?.id ?? null, asked.requestId)) {
    const message = `${asked.endpoint} sent the reply to another request (${reply?.id?.slice(0, 160)}), as a cache or a gateway in between may do`;
    return { kind: "bad-reply", message, body: null };
  }
  switch (readFinishReason(finishReason)) {
    case "finished":
      return null;
    case "unknown":
      return {
        kind: "unknown-finish-reason",
        message: `${asked.endpoint} ended a reply with the finish reason ${JSON.stringify(finishReason?.slice(0, 80))}, which is not known`,
        body: null,
      };
    case "incomplete": {
      const how =
        finishReason === null ? "ended a reply without a finish reason" : `broke a reply off (${finishReason})`;
      return { kind: "incomplete", message: `${asked.endpoint} ${how}`, body: null };
    }
  }
}

/** `<image>/<model>/<attempt>/<run8>`; vLLM makes the id of a reply out of it. */
const OUR_REQUEST_ID = /[\w-]{1,80}\/[a-z0-9-]{1,32}\/[a-z0-9]+-\d+\/[0-9a-f]{8}/;

/** Whether a reply names a request of ours, and not this one. Servers that give ids of their own tell nothing. */
function isOfAnotherRequest(id: string | null, requestId: string | undefined): boolean {
  return id !== null && requestId !== undefined && !id.includes(requestId) && OUR_REQUEST_ID.test(id.slice(0, 1_000));
}

/** The day that OpenAI adds to a name that stands for its newest version: `gpt-4o` answers as `gpt-4o-2024-08-06`. */
const DAY = /^-\d{4}-\d{2}-\d{2}$/;

/**
 * Whether a name in a reply is the model that was asked; any other is the fault `wrong-model`. `transformers serve` adds
 * the revision, OpenAI a day: each reply keeps the full name, and who wants one version alone asks for it by that.
 */
export function isModel(answered: string | null, asked: string): boolean {
  if (answered === null || answered === asked || answered === `${asked}@main`) return true;
  return answered.startsWith(asked) && DAY.test(answered.slice(asked.length));
}

/** The choice that was asked for; null where a chunk has none. */
function firstChoice(chunk: Record<string, unknown>): Record<string, unknown> | null {
  const choices = Array.isArray(chunk.choices) ? chunk.choices : [];
  const choice: unknown = choices.find((one: unknown) => isRecord(one) && (one.index ?? 0) === 0);
  return isRecord(choice) ? choice : null;
}

/** The one text that a streamed chunk brings, with the field it stands in. */
function findPiece(json: unknown): { readonly field: string; readonly text: string } | null {
  const delta = isRecord(json) ? firstChoice(json)?.delta : null;
  if (!isRecord(delta)) return null;
  const [field, ...more] = TEXT_FIELDS.filter((name) => typeof delta[name] === "string");
  const text = field === undefined ? null : delta[field];
  return field !== undefined && more.length === 0 && typeof text === "string" && text !== "" ? { field, text } : null;
}

function hasText(delta: Record<string, unknown>): boolean {
  return TEXT_FIELDS.some((field) => typeof delta[field] === "string" && delta[field] !== "");
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function readCount(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
