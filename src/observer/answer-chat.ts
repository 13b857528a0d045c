import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { OBSERVER_REPLY } from "../records/index.js";
import { type CellDraws, drawForCell } from "./cell-draws.js";
import { type ChatRequest, readChatRequest } from "./chat-request.js";
import type { Gauges } from "./gauges.js";
import { generate } from "./generate.js";
import type { ColourTable } from "./measure/colour-table.js";
import { observe, wnidOf } from "./observe.js";
import type { DecodedPicture, Settings } from "./observer-options.js";
import { readBody } from "./read-body.js";
import { notAnImage, readPicture } from "./read-picture.js";
import { badValue, fault } from "./request-fault.js";
import { completionTokens, type Envelope, sendStream, sendWhole } from "./send-reply.js";
import type { Slots } from "./slots.js";
import { countTokens, imageTokens } from "./tokens.js";

/** What all requests to one server share. */
export interface Bench {
  readonly settings: Settings;
  readonly table: ColourTable;
  readonly slots: Slots;
  readonly gauges: Gauges;
}

/** Measurements need no more; the decoder shrinks while it decodes. */
const MAX_SIDE = 256;
const INTERVAL = 8;

/**
 * Answers one chat request and returns its finish reason. Throws a `RequestFault` before anything was sent, or the
 * reason of `signal` once the client is gone.
 */
export async function answerChat(
  request: IncomingMessage,
  response: ServerResponse,
  bench: Bench,
  requestId: string | null,
  signal: AbortSignal,
): Promise<"stop" | "length"> {
  const { settings, slots } = bench;
  const wantsLoad = request.headers["endpoint-load-metrics-format"] === "json";
  const chat = readChatRequest(await readBody(request));
  checkAgainstServer(chat, settings);
  if (!slots.admit()) {
    const words =
      "The engine is currently busy and cannot accept new requests. Please try again later or on a different instance.";
    throw fault(503, words);
  }
  let entered = false;
  try {
    const { imageUrl, promptText, ...asked } = chat;
    const seen = await look(imageUrl, settings, chat.seed, requestId);
    const promptTokens = countPrompt(promptText, seen.picture, settings);
    signal.throwIfAborted();
    if (chat.stream) startStream(response);
    await slots.enter(signal);
    entered = true;
    bench.gauges.countPrompt(promptTokens);
    return await reply(response, bench, asked, seen, { promptTokens, requestId, wantsLoad, signal });
  } finally {
    slots.leave(entered);
  }
}

/** What a reply needs to know beside what was asked and seen. */
interface Errand {
  readonly promptTokens: number;
  readonly requestId: string | null;
  /** The client asked for the load in a header of a reply that is not streamed. */
  readonly wantsLoad: boolean;
  readonly signal: AbortSignal;
}

interface Seen {
  readonly picture: DecodedPicture | null;
  readonly draws: CellDraws;
}

/** Decodes the picture and draws for it; its bytes are let go, so that a request in the queue holds little. */
async function look(
  url: string | null,
  settings: Settings,
  seed: number | null,
  requestId: string | null,
): Promise<Seen> {
  const bytes = url === null ? null : await readPicture(url, settings.allowedFolder);
  const draws = drawForCell({ picture: bytes ?? Buffer.alloc(0), model: settings.model, seed, requestId });
  if (bytes === null) return { picture: null, draws };
  if (draws.fault < settings.faultShare) {
    throw fault(500, "EngineCore encountered an issue. See stack trace (above) for the root cause.");
  }
  try {
    return { picture: await settings.decode(bytes, MAX_SIDE), draws };
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw notAnImage(line.slice(0, 200));
  }
}

async function reply(
  response: ServerResponse,
  { settings, table, gauges, slots }: Bench,
  chat: Omit<ChatRequest, "imageUrl" | "promptText">,
  { picture, draws }: Seen,
  { promptTokens, requestId, wantsLoad, signal }: Errand,
): Promise<"stop" | "length"> {
  const isBroken = picture !== null && draws.broken < settings.brokenShare;
  const text = observe(
    {
      pixels: picture,
      wnid: wnidOf(requestId),
      wording: draws.wording,
      breakage: isBroken ? settings.broken : null,
    },
    settings,
    table,
  );
  const generated = generate(text, chat, settings.dialect === "glm");
  const envelope: Envelope = {
    id: `${OBSERVER_REPLY}${requestId ?? randomBytes(8).toString("hex")}`,
    created: Math.floor(Date.now() / 1000),
    model: settings.model,
    promptTokens,
  };
  const pace = {
    latencyMs: settings.latencyMs * (0.5 + draws.latency),
    tokensPerSecond: settings.tokensPerSecond,
  };
  if (chat.stream) {
    const interval = chat.streamInterval ?? INTERVAL;
    await sendStream(response, envelope, generated, pace, { interval, includeUsage: chat.includeUsage, signal });
  } else {
    const load = { num_requests_waiting: slots.waiting, kv_cache_usage_perc: slots.running / settings.slots };
    if (wantsLoad) response.setHeader("endpoint-load-metrics", `JSON ${JSON.stringify({ named_metrics: load })}`);
    await sendWhole(response, envelope, generated, pace, signal);
  }
  gauges.countReply(generated.finish, completionTokens(generated));
  return generated.finish;
}

function checkAgainstServer({ model, maxTokens }: ChatRequest, { model: served, maxModelLen }: Settings): void {
  if (model !== null && model !== served) {
    throw fault(404, `The model \`${model.slice(0, 200)}\` does not exist. Valid aliases: ${served}.`, "model");
  }
  if (maxTokens !== null && maxTokens > maxModelLen) {
    throw badValue(
      "max_tokens",
      maxTokens,
      `max_tokens=${maxTokens} cannot be greater than max_model_len=${maxModelLen}. Please request fewer output tokens.`,
    );
  }
}

function countPrompt(text: string, picture: DecodedPicture | null, { maxModelLen }: Settings): number {
  const tooLong = `This model's maximum context length is ${maxModelLen} tokens. Please reduce the length of the input prompt.`;
  // Counting takes time, so a text that cannot fit is turned away by its length, at 18 characters a token as vLLM does.
  if (text.length > 18 * maxModelLen) throw badValue("input_text", text.length, tooLong);
  const size =
    picture === null ? 0 : imageTokens(picture.sourceWidth ?? picture.width, picture.sourceHeight ?? picture.height);
  const tokens = countTokens(text) + size;
  if (tokens > maxModelLen) throw badValue("input_tokens", tokens, tooLong);
  return tokens;
}

/** A request that waits for a slot is 200, headers and silence, as with vLLM. */
function startStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.flushHeaders();
}
