import { type Fault, type Reply, readFinishReason } from "../records/index.js";
import { type Asked, badReply, classifyErrorInReply } from "./classify-response.js";
import { isErrorObject, isRecord, parseJson, readErrorObject } from "./error-body.js";
import { learnShape, type PieceShape } from "./piece-shape.js";

/** More text than any context window holds; beyond it a server is running wild. */
const MAX_TEXT_UNITS = 64 * 1024 * 1024;
const TOO_MUCH = "sent more text than is believable";

const TEXT_FIELDS = ["content", "reasoning", "reasoning_content"] as const;
/** A server whose events differ in more than their text is read as JSON throughout. */
const MOST_USELESS_SHAPES = 4;

/** Reads chat completions, streamed in pieces or whole, from vLLM, SGLang, llama.cpp, transformers serve and hosted APIs. */
export class ReplyReader {
  private content: string | null = null;
  private reasoning: string | null = null;
  private reasoningField: string | null = null;
  private finishReason: string | null = null;
  private promptTokens: number | null = null;
  private completionTokens: number | null = null;
  private model: string | null = null;
  private id: string | null = null;
  private anything = false;
  private firstPieceAt: string | null = null;
  private shape: PieceShape | null = null;
  private shapeWasUsed = false;
  private uselessShapes = 0;

  constructor(private readonly asked: Asked) {}

  /** Takes the text of one event, or a whole JSON body. A fault ends the reading. */
  read(text: string): Fault | null {
    const piece = this.shape?.textOf(text) ?? null;
    if (this.shape !== null && piece !== null) {
      // All but its text is as it was in an event before, and that has been taken in.
      this.shapeWasUsed = true;
      this.addText(this.shape.field, piece);
      return this.isTooMuch() ? badReply(TOO_MUCH, text, this.asked) : null;
    }
    const json = parseJson(text);
    if (!isRecord(json)) return badReply("sent something that is not a JSON object", text, this.asked);
    if (isErrorObject(json)) return classifyErrorInReply(readErrorObject(json), text, this.asked);
    const problem = this.addChunk(json);
    if (problem !== null) return badReply(problem, text, this.asked);
    this.learn(text, json);
    return null;
  }

  /** A finish reason was seen: whatever ends the connection now, the text is whole. */
  finished(): boolean {
    return this.finishReason !== null;
  }

  /** Characters of text so far. */
  length(): number {
    return (this.content?.length ?? 0) + (this.reasoning?.length ?? 0);
  }

  /** ISO 8601; null where no piece of text was streamed. */
  firstTokenAt(): string | null {
    return this.firstPieceAt;
  }

  /** What has come so far; null where nothing has. */
  reply(): Reply | null {
    if (!this.anything) return null;
    const { content, reasoning, reasoningField, finishReason, promptTokens, completionTokens, model, id } = this;
    return { content, reasoning, reasoningField, finishReason, promptTokens, completionTokens, model, id };
  }

  private addText(field: string, text: string): void {
    if (field === "content") this.content = this.content === null ? text : this.content + text;
    // Some servers send both names with the same text, or one of them always empty: the first with text is kept.
    else if (this.reasoning === null || (this.reasoning === "" && text !== "")) {
      this.reasoning = text;
      this.reasoningField = field;
    } else if (this.reasoningField === field) this.reasoning += text;
  }

  /** Null, or what is wrong with the part. */
  private addPart(part: Record<string, unknown>): string | null {
    if (typeof part.content !== "string" && isPresent(part.content)) return "sent a content that is not text";
    for (const field of TEXT_FIELDS) {
      const text = part[field];
      if (typeof text === "string") this.addText(field, text);
    }
    return this.isTooMuch() ? TOO_MUCH : null;
  }

  private isTooMuch(): boolean {
    return this.length() > MAX_TEXT_UNITS;
  }

  private addUsage(usage: unknown): void {
    if (!isRecord(usage)) return;
    this.promptTokens = readCount(usage.prompt_tokens) ?? this.promptTokens;
    this.completionTokens = readCount(usage.completion_tokens) ?? this.completionTokens;
  }

  private addChoice(choice: Record<string, unknown>): string | null {
    const delta = isRecord(choice.delta) ? choice.delta : null;
    const part = delta ?? (isRecord(choice.message) ? choice.message : {});
    const problem = this.addPart(part);
    // The role chunk comes before the first token and says nothing about it.
    if (delta !== null && this.firstPieceAt === null && (!("role" in delta) || hasText(delta))) {
      this.firstPieceAt = new Date().toISOString();
    }
    const reason = choice.finish_reason;
    if (typeof reason === "string" && reason !== "") this.finishReason = reason;
    return problem;
  }

  private addChunk(chunk: Record<string, unknown>): string | null {
    this.anything = true;
    if (typeof chunk.model === "string" && chunk.model !== "") this.model = chunk.model;
    if (typeof chunk.id === "string" && chunk.id !== "") this.id ??= chunk.id;
    this.addUsage(chunk.usage);
    const choice = firstChoice(chunk);
    return choice === null ? null : this.addChoice(choice);
  }

  private learn(text: string, json: Record<string, unknown>): void {
    const piece = this.uselessShapes < MOST_USELESS_SHAPES ? findPiece(json) : null;
    const learned = piece === null ? null : learnShape(text, piece.field, findPiece);
    if (learned === null) return;
    if (this.shape !== null && !this.shapeWasUsed) this.uselessShapes += 1;
    this.shape = learned;
    this.shapeWasUsed = false;
  }
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
