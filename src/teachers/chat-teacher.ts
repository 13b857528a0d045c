import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Answer, Ask, Message, Teacher, Timeouts } from "../records/index.js";
import { type BodyTemplate, renderBodyTemplate } from "./body-template.js";
import { openBufferPool } from "./buffer-pool.js";
import type { Asked } from "./classify-response.js";
import { openConnections } from "./connections.js";
import { normaliseEndpoint } from "./endpoint-url.js";
import { type ExchangeRequest, exchange, type ResponseSink, type Stage } from "./exchange.js";
import { getPage } from "./get-page.js";
import { lookAtEndpoint } from "./look-at-endpoint.js";
import { PictureBody } from "./picture-body.js";
import { readLoad } from "./read-load.js";
import { ResponseReader } from "./read-response.js";
import { openRequestClock } from "./request-clock.js";
import { requestHeaders } from "./request-headers.js";
import { PLAIN_WIRE, type Wire } from "./wire.js";
import type { WireSource } from "./wire-source.js";

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
  /** Knows what this server takes; left out, everything goes out as the recipe says and pictures as base64. */
  readonly wire?: WireSource;
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
  const headers = requestHeaders(options.name, options.apiKey);
  /** Names and values in turn, up to the id that follows. */
  const postHeaders = [...Object.entries(headers).flat(), "content-type", "application/json", "x-request-id"];
  const { origin, pathname } = new URL(endpoint);
  const root = pathname === "/" ? "" : pathname;
  const templates = new Map<Wire, BodyTemplate>();
  const templateFor = (wire: Wire): BodyTemplate => {
    const known = templates.get(wire);
    if (known !== undefined) return known;
    const template = renderTemplate(options, wire);
    templates.set(wire, template);
    return template;
  };
  templateFor(PLAIN_WIRE);
  const bodies = openBufferPool();
  /** Pictures the server failed to read by their address; they go out as base64 the next time. */
  const unreadable = new Set<string>();
  const connections = openConnections({
    origin,
    max: options.connections,
    connectMs: options.timeouts.connectMs,
    env: options.env ?? process.env,
  });

  // Sockets of their own, so that a look never waits behind replies that take minutes.
  const side = openConnections({
    origin,
    max: 2,
    connectMs: options.timeouts.connectMs,
    env: options.env ?? process.env,
  });
  const pages = { connections: side, root, headers, asked };
  const base = root.replace(/\/v1$/, "");

  async function ask(toAsk: Ask): Promise<Answer> {
    const { picture, requestId, signal, onOutput } = toAsk;
    const clock = openRequestClock();
    const decision = options.wire === undefined ? { wire: PLAIN_WIRE } : await options.wire.decide(picture, signal);
    if (!("wire" in decision)) {
      return { ...decision, reply: null, firstTokenAt: null, endedAt: clock.now() };
    }
    const template = templateFor(decision.wire);
    const file = decision.wire.fileUrls && !unreadable.has(picture.file ?? "") ? (picture.file ?? null) : null;
    // Memory that was given back: a mistake of ours, which no endpoint is to blame for.
    if (file === null && picture.base64.length === 0) throw new TypeError(`the picture of ${requestId} is empty`);
    const reader = new ResponseReader({ endpoint, model: options.model, apiKey: options.apiKey, requestId });
    const body = new PictureBody(template, toAsk, file, bodies);
    const request: ExchangeRequest = {
      method: "POST",
      path: `${root}/chat/completions`,
      headers: [...postHeaders, requestId],
      body: () => body.make(),
      onBodyDone: () => body.free(),
    };
    const sink = onOutput === undefined ? reader : new OutputTeller(reader, onOutput);
    const ending = await exchange(connections, request, options.timeouts, sink, signal);
    const result = reader.finish(ending);
    const status = reader.status();
    const rejected = result.fault?.kind === "rejected-by-server" ? result.fault : null;
    if (file !== null && (rejected !== null || result.fault?.kind === "server-error")) unreadable.add(file);
    const isFormRefused = rejected !== null && options.wire?.turnedDown(status, rejected.body, decision.wire) === true;
    const goesOtherwise = isFormRefused || (rejected !== null && file !== null);
    const firstTokenAt = clock.ifWithin(result.firstTokenAt);
    const answer = { reply: result.reply, fault: result.fault, firstTokenAt, status, endedAt: clock.now() };
    return goesOtherwise ? { ...answer, goesOtherwise } : answer;
  }

  async function answersProbe(timeoutMs: number): Promise<boolean> {
    const limit = "max_completion_tokens" in options.body ? "max_completion_tokens" : "max_tokens";
    const messages = [{ role: "user", content: "Say yes." }];
    const body = Buffer.from(JSON.stringify({ model: options.model, messages, [limit]: 1, stream: false }));
    const reader = new ResponseReader(asked);
    const request: ExchangeRequest = {
      method: "POST",
      path: `${root}/chat/completions`,
      headers: [...postHeaders, `probe/${options.name}/${randomUUID()}`],
      body: () => body,
    };
    const { reply, fault } = reader.finish(await exchange(side, request, limitsWithin(timeoutMs), reader));
    return fault === null && reply !== null;
  }

  return {
    name: options.name,
    endpoint,
    ask,
    look: (signal) => lookAtEndpoint({ ...pages, timeouts: options.timeouts }, signal),
    async knock(timeoutMs) {
      const { status, ending } = await getPage({ ...pages, timeouts: limitsWithin(timeoutMs) }, `${base}/health`);
      if (status !== null) return status === 503 ? "refuses" : "answers";
      return ending.how === "broken" ? "refuses" : "silent";
    },
    async readLoad(timeoutMs) {
      const page = await getPage({ ...pages, timeouts: limitsWithin(timeoutMs) }, `${base}/metrics`);
      return page.status === 200 ? readLoad(page.body) : null;
    },
    answersProbe,
    close: () => {
      options.wire?.close();
      return Promise.all([connections.close(), side.close()]).then(() => undefined);
    },
  };
}

/**
 * Tells how much of a reply came: not of comments before it, and not of an error's body. By its text, since what stands
 * round the text differs from event to event, and at the end of a short reply is a seventh of it.
 */
class OutputTeller implements ResponseSink {
  private told = 0;

  constructor(
    private readonly reader: ResponseReader,
    private readonly onOutput: (amount: number) => void,
  ) {}

  stage(): Stage {
    return this.reader.stage();
  }

  start(status: number, headers: IncomingHttpHeaders): void {
    this.reader.start(status, headers);
  }

  data(chunk: Buffer): void {
    const { reader } = this;
    reader.data(chunk);
    if (reader.status() !== 200 || reader.stage() === "waiting") return;
    const length = reader.length();
    this.onOutput(length - this.told);
    this.told = length;
  }
}

function limitsWithin(timeoutMs: number): Timeouts {
  return { connectMs: timeoutMs, firstByteMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs };
}

function renderTemplate(options: ChatTeacherOptions, wire: Wire): BodyTemplate {
  const fields: Record<string, unknown> = {
    ...options.body,
    model: options.model,
    stream: true,
    stream_options: { include_usage: true },
    ...wire.add,
  };
  const taken = Object.entries(fields).filter(([name]) => !wire.omit.includes(name));
  return renderBodyTemplate(Object.fromEntries(taken), options.messages);
}
