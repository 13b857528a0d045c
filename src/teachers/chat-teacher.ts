import { randomUUID } from "node:crypto";
import { type Answer, type Ask, type Message, type Teacher, type Timeouts, UserError } from "../records/index.js";
import { renderBodyTemplate } from "./body-template.js";
import type { Asked } from "./classify-response.js";
import { openConnections } from "./connections.js";
import { normaliseEndpoint } from "./endpoint-url.js";
import { type ExchangeRequest, exchange } from "./exchange.js";
import { lookAtEndpoint } from "./look-at-endpoint.js";
import { openResponseReader } from "./read-response.js";

export interface ChatTeacherOptions {
  /** The recipe's name of the model. */
  readonly name: string;
  /** Base URL, e.g. `http://127.0.0.1:8000/v1`. */
  readonly endpoint: string;
  /** The name the server knows the model by. */
  readonly model: string;
  /** Every field of the request body but `model`, `messages` and the streaming ones. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The messages with a picture's URL in its place. */
  readonly messages: (imageUrl: string) => readonly Message[];
  readonly timeouts: Timeouts;
  readonly apiKey: string | null;
  /** Most sockets at once; further requests wait without holding their pictures' text. */
  readonly connections: number;
  /** Where proxy variables are read; `process.env` where left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Asks one server over the chat wire: OpenAI chat completions over HTTP/1.1, streamed. Redirects are not followed,
 * compression is not asked for. Throws a `UserError` on an address or a key that cannot be sent.
 */
export function openChatTeacher(options: ChatTeacherOptions): Teacher {
  const endpoint = normaliseEndpoint(options.endpoint);
  const asked: Asked = { endpoint, model: options.model, apiKey: options.apiKey };
  const headers = requestHeaders(options);
  const { origin, pathname } = new URL(endpoint);
  const root = pathname === "/" ? "" : pathname;
  const template = renderBodyTemplate(
    { ...options.body, model: options.model, stream: true, stream_options: { include_usage: true } },
    options.messages,
  );
  const connections = openConnections({
    origin,
    max: options.connections,
    connectMs: options.timeouts.connectMs,
    env: options.env ?? process.env,
  });

  async function ask({ picture, requestId, signal }: Ask): Promise<Answer> {
    const reader = openResponseReader(asked);
    const request: ExchangeRequest = {
      method: "POST",
      path: `${root}/chat/completions`,
      headers: { ...headers, "content-type": "application/json", "x-request-id": requestId },
      body: () => template.fill(picture),
    };
    const ending = await exchange(connections, request, options.timeouts, reader, signal);
    return { ...reader.finish(ending), status: reader.status, endedAt: new Date().toISOString() };
  }

  async function answersProbe(timeoutMs: number): Promise<boolean> {
    const limit = "max_completion_tokens" in options.body ? "max_completion_tokens" : "max_tokens";
    const messages = [{ role: "user", content: "Say yes." }];
    const body = Buffer.from(JSON.stringify({ model: options.model, messages, [limit]: 1, stream: false }));
    const reader = openResponseReader(asked);
    const request: ExchangeRequest = {
      method: "POST",
      path: `${root}/chat/completions`,
      headers: {
        ...headers,
        "content-type": "application/json",
        "x-request-id": `probe/${options.name}/${randomUUID()}`,
      },
      body: () => body,
    };
    const { reply, fault } = reader.finish(await exchange(connections, request, limitsWithin(timeoutMs), reader));
    return fault === null && reply !== null;
  }

  return {
    name: options.name,
    endpoint,
    ask,
    look: (signal) => lookAtEndpoint({ connections, root, headers, asked, timeouts: options.timeouts }, signal),
    answersProbe,
    close: () => connections.close(),
  };
}

function limitsWithin(timeoutMs: number): Timeouts {
  return { connectMs: timeoutMs, firstByteMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs };
}

function requestHeaders({ name, apiKey }: ChatTeacherOptions): Record<string, string> {
  const plain = {
    accept: "text/event-stream, application/json",
    "accept-encoding": "identity",
    "user-agent": "imagenet-think",
  };
  if (apiKey === null || apiKey === "") return plain;
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new UserError(
      `the key of ${name} holds a space, a line break or another character that no header can carry; set its variable again`,
    );
  }
  return { ...plain, authorization: `Bearer ${apiKey}` };
}
