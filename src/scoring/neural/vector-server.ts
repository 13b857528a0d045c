import type { request as Dispatch, Dispatcher } from "undici";
import { UserError } from "../../records/index.js";

/** A server that gives vectors. */
export interface VectorServer {
  readonly url: string;
  readonly model: string;
  vectors(ids: Int32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface VectorServerOptions {
  readonly url: string;
  /** `/v1/embeddings` of the OpenAI API, or vLLM's `/pooling` with one vector a token. */
  readonly road: "embeddings" | "pooling";
  readonly textsPerRequest: number;
  readonly requestsAtOnce: number;
  /** Waits between tries, in milliseconds. */
  readonly waitsMs?: readonly number[];
}

interface Waiting {
  readonly ids: Int32Array;
  readonly resolve: (vectors: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

const WAITS_MS = [500, 2000, 5000, 10_000];

/** Asks a server which model it serves. Texts are sent as ids, so that the folder's tokenizer and limit hold. */
export async function openVectorServer(options: VectorServerOptions): Promise<VectorServer> {
  const root = serverRoot(options.url);
  // Loaded only here: most scores need no server.
  const { EnvHttpProxyAgent, request } = await import("undici");
  // A large model on a busy server may take minutes for one batch.
  const agent = new EnvHttpProxyAgent({ connectTimeout: 10_000, headersTimeout: 600_000, bodyTimeout: 600_000 });
  const call = async (path: string, body: unknown, waits: readonly number[]) => {
    for (let turn = 0; ; turn++) {
      const reply = await askOnce(request, agent, `${root}${path}`, body);
      if (reply.ok) return reply.value;
      const waitMs = waits[turn];
      if (!reply.again || waitMs === undefined) throw new UserError(`${root}${path} ${reply.words}`);
      await new Promise((done) => setTimeout(done, waitMs));
    }
  };
  // A server that is not there at the start is a wrong address, not a passing fault.
  const model = modelOf(await call("/v1/models", null, []), root);
  const path = options.road === "embeddings" ? "/v1/embeddings" : "/pooling";
  const queue: Waiting[] = [];
  let running = 0;

  const send = async (batch: readonly Waiting[]) => {
    try {
      const input = batch.map(({ ids }) => Array.from(ids));
      const vectors = readVectors(
        await call(path, { model, input, encoding_format: "base64" }, options.waitsMs ?? WAITS_MS),
        batch.length,
        `${root}${path}`,
      );
      for (const [place, waiting] of batch.entries()) waiting.resolve(vectors[place] ?? new Float32Array(0));
    } catch (error) {
      for (const waiting of batch) waiting.reject(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const hand = () => {
    while (queue.length > 0 && running < options.requestsAtOnce) {
      running += 1;
      void send(queue.splice(0, options.textsPerRequest)).finally(() => {
        running -= 1;
        hand();
      });
    }
  };

  return {
    url: root,
    model,
    vectors: (ids) =>
      new Promise((resolve, reject) => {
        queue.push({ ids, resolve, reject });
        // Texts that are asked for in one turn travel in one request.
        setImmediate(hand);
      }),
    close: () => agent.close(),
  };
}

function serverRoot(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new UserError(`${JSON.stringify(url)} is not the address of a server; it looks like http://127.0.0.1:8103`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new UserError("a server's address may not hold a user name or password");
  }
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, "").replace(/\/v1$/, "");
}

type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly again: boolean; readonly words: string };

async function askOnce(request: typeof Dispatch, agent: Dispatcher, url: string, body: unknown): Promise<Reply> {
  try {
    const { statusCode, body: answer } = await request(url, {
      dispatcher: agent,
      method: body === null ? "GET" : "POST",
      ...(body === null ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (statusCode === 200) return { ok: true, value: JSON.parse(text) };
    const again = statusCode === 429 || statusCode >= 502;
    return { ok: false, again, words: `answered ${statusCode}: ${text.replaceAll(/\s+/g, " ").slice(0, 300)}` };
  } catch (error) {
    const words = error instanceof Error ? error.message || error.name : String(error);
    return { ok: false, again: true, words: `did not answer: ${words}; is the server up, and is this its address?` };
  }
}

function modelOf(list: unknown, root: string): string {
  const models = isRecord(list) && Array.isArray(list.data) ? list.data : [];
  const [first] = models;
  if (isRecord(first) && typeof first.id === "string") return first.id;
  throw new UserError(`${root}/v1/models lists no model; is it an OpenAI-compatible server?`);
}

function readVectors(reply: unknown, count: number, url: string): Float32Array[] {
  const rows = isRecord(reply) && Array.isArray(reply.data) ? reply.data : [];
  if (rows.length !== count) throw new UserError(`${url} gave ${rows.length} results for ${count} texts`);
  const vectors: Float32Array[] = [];
  for (const [place, row] of rows.entries()) {
    const fields: Record<string, unknown> = isRecord(row) ? row : {};
    const at = typeof fields.index === "number" ? fields.index : place;
    vectors[at] = readVector(fields.embedding ?? fields.data, url);
  }
  return vectors;
}

function readVector(value: unknown, url: string): Float32Array {
  if (typeof value === "string") {
    const bytes = Buffer.from(value, "base64");
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~3)));
  }
  const numbers = Array.isArray(value) ? value.flat() : [];
  if (numbers.length > 0 && numbers.every((number) => typeof number === "number")) return Float32Array.from(numbers);
  throw new UserError(`${url} gave no vectors: neither base64 nor lists of numbers`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
