import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Generated } from "./generate.js";

/** What every form of a reply carries. */
export interface Envelope {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly promptTokens: number;
}

export interface Pace {
  /** Milliseconds until the first token. */
  readonly latencyMs: number;
  readonly tokensPerSecond: number;
}

/** Says in every reply who wrote it. */
const FINGERPRINT = "observer";
/** Chunks are sent together up to this size where no pace is set. */
const WRITE_BYTES = 16_384;

/** Sends a reply as one JSON object, when all its tokens would have been written. */
export async function sendWhole(
  response: ServerResponse,
  envelope: Envelope,
  generated: Generated,
  pace: Pace,
  signal: AbortSignal,
): Promise<void> {
  await wait(pace.latencyMs + (1000 * generated.pieces.length) / pace.tokensPerSecond, signal);
  const body = JSON.stringify({
    id: envelope.id,
    object: "chat.completion",
    created: envelope.created,
    model: envelope.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: generated.pieces.join(""), refusal: null, reasoning: null },
        logprobs: null,
        finish_reason: generated.finish,
        stop_reason: generated.stopReason,
      },
    ],
    system_fingerprint: FINGERPRINT,
    usage: usageOf(envelope, generated),
  });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

/**
 * Streams a reply: a chunk with the role, chunks of `interval` tokens (the first of one), a chunk with the finish
 * reason, one with the usage where asked for, `[DONE]`. Waits while the socket is full; throws once `signal` aborts.
 */
export async function sendStream(
  response: ServerResponse,
  envelope: Envelope,
  generated: Generated,
  pace: Pace,
  options: { readonly interval: number; readonly includeUsage: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { id, created, model } = envelope;
  const { signal, interval } = options;
  const head = { id, object: "chat.completion.chunk", created, model };
  const event = (chunk: object): string => `data: ${JSON.stringify({ ...head, ...chunk })}\n\n`;
  const choice = (delta: object, rest: object = {}): object => ({
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...rest }],
  });

  await wait(pace.latencyMs, signal);
  const start = performance.now();
  const paced = Number.isFinite(pace.tokensPerSecond);
  let pending = event({ ...choice({ role: "assistant", content: "" }), system_fingerprint: FINGERPRINT });
  for (let sent = 0; sent < generated.pieces.length; ) {
    const next = sent === 0 ? 1 : sent + interval;
    const content = generated.pieces.slice(sent, next).join("");
    sent = Math.min(next, generated.pieces.length);
    pending += event(choice({ content }));
    if (paced) await wait(start + (1000 * sent) / pace.tokensPerSecond - performance.now(), signal);
    if (!paced && pending.length < WRITE_BYTES) continue;
    await write(response, pending, signal);
    pending = "";
  }
  const { finish, stopReason } = generated;
  pending += event({
    ...choice({ content: "" }, { finish_reason: finish, stop_reason: stopReason }),
    system_fingerprint: FINGERPRINT,
  });
  if (options.includeUsage) {
    pending += event({ choices: [], usage: usageOf(envelope, generated), system_fingerprint: FINGERPRINT });
  }
  await write(response, `${pending}data: [DONE]\n\n`, signal);
  response.end();
}

/** The tokens of a reply; one that is empty still cost the token that ended it. */
export function completionTokens(generated: Generated): number {
  return Math.max(1, generated.pieces.length);
}

function usageOf({ promptTokens }: Envelope, generated: Generated): object {
  const written = completionTokens(generated);
  return { prompt_tokens: promptTokens, total_tokens: promptTokens + written, completion_tokens: written };
}

async function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!response.write(text)) await once(response, "drain", { signal });
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (milliseconds >= 1) await sleep(milliseconds, undefined, { signal });
}
