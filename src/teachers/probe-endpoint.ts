import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Capabilities, Message, PreparedPicture, ProbeRequest, Timeouts } from "../records/index.js";
import { type BodyTemplate, renderBodyTemplate } from "./body-template.js";
import type { Asked } from "./classify-response.js";
import { openConnections } from "./connections.js";
import { normaliseEndpoint } from "./endpoint-url.js";
import { exchange } from "./exchange.js";
import type { PageOptions } from "./get-page.js";
import { type ReadResponse, ResponseReader } from "./read-response.js";
import { readServerFacts } from "./read-server-facts.js";
import { refusedFields } from "./refused-fields.js";
import { requestHeaders } from "./request-headers.js";
import { type StreamWatch, watchStream } from "./watch-stream.js";
import { STREAM_INTERVAL } from "./wire.js";

export interface ProbeOptions {
  /** The recipe's name of the model. */
  readonly name: string;
  readonly endpoint: string;
  /** The name the server knows the model by. */
  readonly model: string;
  /** Every field of the request body but `model`, `messages` and the streaming ones. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly messages: (imageUrl: string) => readonly Message[];
  readonly timeouts: Timeouts;
  readonly apiKey: string | null;
  /** A small picture, sent as base64. */
  readonly picture: PreparedPicture;
  /** A picture of the run that the server may be able to read itself; null asks nothing about `file://`. */
  readonly file: PreparedPicture | null;
  /** The longest reply asked for. */
  readonly maxTokens: number;
  /** Whether the prompt is also sent without the picture, for one token, to see what the picture costs. */
  readonly textOnly: boolean;
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

type Sent = ReadResponse & {
  readonly status: number | null;
  readonly watch: StreamWatch;
  readonly startedAt: number;
};

/** Servers that refuse a field name one, or all at once; more rounds than this are not to be expected. */
const MOST_ROUNDS = 6;
/** Shorter replies say nothing about the size of pieces. */
const TOKENS_TO_JUDGE_PIECES = 8;
/** A reply that takes less says more about this machine than about the server. */
const SHORTEST_MS = 20;

/**
 * Looks at one server through one small picture: what it says of itself, which fields it refuses, how its stream is
 * made, where thinking arrives, whether it reads `file://`. A healthy server that refuses nothing is sent one chat
 * request; `textOnly` and `file` cost one and up to three more of one token. Never rejects but for a key or an address
 * that cannot be sent.
 */
export async function probeEndpoint(options: ProbeOptions): Promise<Capabilities> {
  const endpoint = normaliseEndpoint(options.endpoint);
  const { origin, pathname } = new URL(endpoint);
  const asked: Asked = { endpoint, model: options.model, apiKey: options.apiKey };
  const connections = openConnections({
    origin,
    max: 2,
    connectMs: options.timeouts.connectMs,
    env: options.env ?? process.env,
  });
  const pages: PageOptions = {
    connections,
    root: pathname === "/" ? "" : pathname,
    headers: requestHeaders(options.name, options.apiKey),
    asked,
    timeouts: options.timeouts,
  };
  const requests: ProbeRequest[] = [];
  const send = (what: string, body: Buffer) => sendProbe(what, body, pages, options, requests);
  try {
    const facts = await readServerFacts(pages, options.signal);
    const main = await sendUntilTaken(options, send);
    const reads =
      main.sent.fault === null && facts.version !== null && options.file !== null
        ? await readsFiles(options, options.file, main.refused, send)
        : { readsFiles: null, filesSeen: null };
    const textPromptTokens =
      main.sent.fault === null && options.textOnly
        ? ((await send("text", textOnly(options, main.refused))).reply?.promptTokens ?? null)
        : null;
    return {
      endpoint,
      model: options.model,
      probedAt: new Date().toISOString(),
      triedFields: main.tried,
      ...facts,
      refusedFields: main.refused,
      ...describe(main.sent, main.refused),
      ...reads,
      textPromptTokens,
      requests,
    };
  } finally {
    await connections.close();
  }
}

type Send = (what: string, body: Buffer) => Promise<Sent>;

/** Sends the picture with every field, and again without those the server refuses by name. */
async function sendUntilTaken(
  options: ProbeOptions,
  send: Send,
): Promise<{ sent: Sent; refused: readonly string[]; tried: readonly string[] }> {
  const tried = Object.keys(fieldsOf(options, options.maxTokens, []));
  const mayRefuse = tried.filter((name) => !["model", "stream", "max_tokens"].includes(name));
  const refused = new Set<string>();
  for (let round = 1; ; round++) {
    const template = templateOf(options, options.maxTokens, [...refused]);
    const sent = await send("picture", template.fill(options.picture));
    const named = refusedFields(sent.status, sent.fault?.body ?? null, mayRefuse).filter((name) => !refused.has(name));
    for (const name of named) refused.add(name);
    if (named.length === 0 || round === MOST_ROUNDS) {
      return { sent, refused: [...refused].sort(), tried: mayRefuse.sort() };
    }
  }
}

/**
 * A server reads `file://` where it fails on a file that is not there, answers on one that is, and counts the same
 * prompt tokens for it as for the same picture sent as base64: another disk may hold another picture under that path.
 */
async function readsFiles(
  options: ProbeOptions,
  picture: PreparedPicture,
  refused: readonly string[],
  send: Send,
): Promise<Pick<Capabilities, "readsFiles" | "filesSeen">> {
  const { file } = picture;
  if (file === undefined) return { readsFiles: null, filesSeen: null };
  const template = templateOf(options, 1, refused);
  const absent = join(dirname(file), `not-there-${randomBytes(6).toString("hex")}.jpg`);
  const nothing = await send("no-file", template.refer(pathToFileURL(absent).href));
  if (nothing.fault === null) {
    return { readsFiles: false, filesSeen: "it answers without looking at the file that is named" };
  }
  if (nothing.status === null || nothing.status === 429 || nothing.status === 503) {
    return { readsFiles: null, filesSeen: nothing.fault.message };
  }
  const seen = await send("file", template.refer(pathToFileURL(file).href));
  if (seen.fault !== null) return { readsFiles: false, filesSeen: seen.fault.message };
  const same = await send("base64", template.fill(picture));
  const tokens = seen.reply?.promptTokens ?? null;
  if (same.fault !== null || tokens === null || same.reply?.promptTokens !== tokens) {
    return { readsFiles: false, filesSeen: "what it read under that path is not shown to be the same picture" };
  }
  return { readsFiles: true, filesSeen: null };
}

function fieldsOf(options: ProbeOptions, maxTokens: number, without: readonly string[]): Record<string, unknown> {
  const { max_tokens: limit } = options.body;
  const fields: Record<string, unknown> = {
    ...options.body,
    max_tokens: typeof limit === "number" ? Math.min(limit, maxTokens) : maxTokens,
    model: options.model,
    stream: true,
    stream_options: { include_usage: true },
    stream_interval: STREAM_INTERVAL,
  };
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !without.includes(name)));
}

function templateOf(options: ProbeOptions, maxTokens: number, without: readonly string[]): BodyTemplate {
  return renderBodyTemplate(fieldsOf(options, maxTokens, without), options.messages);
}

function textOnly(options: ProbeOptions, without: readonly string[]): Buffer {
  const messages = options.messages("picture").map(({ role, content }) => ({
    role,
    content: typeof content === "string" ? content : content.filter((part) => part.type === "text"),
  }));
  return Buffer.from(JSON.stringify({ ...fieldsOf(options, 1, without), messages }));
}

async function sendProbe(
  what: string,
  body: Buffer,
  { connections, root, headers, asked }: PageOptions,
  options: ProbeOptions,
  requests: ProbeRequest[],
): Promise<Sent> {
  const reader = new ResponseReader(asked);
  const watch = watchStream(() => performance.now());
  const requestId = `probe/${options.name}/${what}-${randomBytes(4).toString("hex")}`;
  const startedAt = performance.now();
  const ending = await exchange(
    connections,
    {
      method: "POST",
      path: `${root}/chat/completions`,
      headers: { ...headers, "content-type": "application/json", "x-request-id": requestId },
      body: () => body,
    },
    options.timeouts,
    {
      stage: () => reader.stage(),
      start: (status, seen) => reader.start(status, seen),
      data(chunk) {
        watch.push(chunk);
        reader.data(chunk);
      },
    },
    options.signal,
  );
  const result = reader.finish(ending);
  requests.push({
    requestId,
    status: reader.status(),
    promptTokens: result.reply?.promptTokens ?? null,
    completionTokens: result.reply?.completionTokens ?? null,
    fault: result.fault?.message ?? null,
  });
  return { ...result, status: reader.status(), watch, startedAt };
}

type Described = Pick<
  Capabilities,
  "problem" | "reply" | "takesStreamInterval" | "sendsDone" | "firstTokenMs" | "tokensPerSecond"
>;

function describe({ reply, fault, status, watch, startedAt }: Sent, refused: readonly string[]): Described {
  if (fault !== null || reply === null) {
    const problem =
      fault === null
        ? { kind: "bad-reply" as const, message: "the reply was empty", status }
        : {
            kind: fault.kind,
            message: fault.message,
            status,
            ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: fault.retryAfterMs }),
          };
    return {
      problem,
      reply,
      takesStreamInterval: null,
      sendsDone: null,
      firstTokenMs: null,
      tokensPerSecond: null,
    };
  }
  const { firstTextAt, lastTextAt, pieces, done } = watch;
  const tokens = reply.completionTokens;
  const ms = firstTextAt === null || lastTextAt === null ? 0 : lastTextAt - firstTextAt;
  return {
    problem: null,
    reply,
    takesStreamInterval: refused.includes("stream_interval")
      ? false
      : tokens === null || tokens < TOKENS_TO_JUDGE_PIECES
        ? null
        : pieces > 0 && pieces <= tokens / 2,
    sendsDone: done,
    firstTokenMs: firstTextAt === null ? null : Math.round(firstTextAt - startedAt),
    tokensPerSecond:
      tokens === null || tokens < 2 || ms < SHORTEST_MS ? null : Math.round(((tokens - 1) / ms) * 10_000) / 10,
  };
}
