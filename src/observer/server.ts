import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { UserError } from "../records/index.js";
import { answerChat, type Bench } from "./answer-chat.js";
import { createGauges } from "./gauges.js";
import { makeColourTable } from "./measure/colour-table.js";
import { type ObserverOptions, type Settings, settle } from "./observer-options.js";
import { OBSERVER_VERSION } from "./observer-version.js";
import { RequestFault } from "./request-fault.js";
import { openRequestLog, type RequestLog } from "./request-log.js";
import { createSlots } from "./slots.js";

/** A running observer. */
export interface Observer {
  /** Base URL, `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly port: number;
  /** Breaks off what is running and frees the port. */
  close(): Promise<void>;
}

/** As the door of this room says. */
export async function startObserver(options: ObserverOptions): Promise<Observer> {
  const settings = settle(options);
  const log = openRequestLog(settings.logFile);
  const slots = createSlots(settings.slots, settings.maxQueue);
  const gauges = createGauges(settings.model, slots, settings.slots);
  const bench: Bench = { settings, table: makeColourTable(), slots, gauges };
  const open = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const work = route(request, response, bench, log)
      // Only a log that cannot be written ends up here; the broken connection makes it known.
      .catch(() => void response.destroy())
      .finally(() => open.delete(work));
    open.add(work);
  });
  await listen(server, settings).catch((error: unknown) => {
    log.close();
    throw error;
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${port}/v1`,
    port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Promise.all(open);
      log.close();
    },
  };
}

function listen(server: ReturnType<typeof createServer>, { port, host }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "it is in use; choose another, or 0 for any free one" : error.message;
      reject(new UserError(`the observer cannot listen on ${host}:${port}: ${why}`));
    });
    server.listen(port, host, resolve);
  });
}

async function route(request: IncomingMessage, response: ServerResponse, bench: Bench, log: RequestLog): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const { settings, gauges } = bench;
  response.setHeader("server", OBSERVER_VERSION);
  if (path.startsWith("/v1/") && settings.apiKey !== null) {
    if (request.headers.authorization !== `Bearer ${settings.apiKey}`) {
      return sendJson(response, 401, { error: "Unauthorized" });
    }
  }
  const method = path === "/v1/chat/completions" ? "POST" : "GET";
  if (!ROUTES.has(path)) return sendJson(response, 404, { detail: "Not Found" });
  if (request.method !== method) {
    response.setHeader("allow", method);
    return sendJson(response, 405, { detail: "Method Not Allowed" });
  }
  switch (path) {
    case "/v1/chat/completions":
      return chat(request, response, bench, log);
    case "/v1/models":
      return sendJson(response, 200, { object: "list", data: [describeModel(settings)] });
    case "/version":
      return sendJson(response, 200, { version: OBSERVER_VERSION });
    case "/metrics":
      response.writeHead(200, { "content-type": "text/plain; version=1.0.0; charset=utf-8" });
      response.end(gauges.render());
      return;
    default:
      response.writeHead(200, { "content-length": 0 });
      response.end();
  }
}

const ROUTES = new Set(["/v1/chat/completions", "/v1/models", "/version", "/metrics", "/health"]);

async function chat(request: IncomingMessage, response: ServerResponse, bench: Bench, log: RequestLog): Promise<void> {
  const header = request.headers["x-request-id"];
  const requestId = typeof header === "string" ? header.slice(0, 500) : null;
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort(new Error("the client is gone"));
  });
  let finish: string | null = null;
  try {
    finish = await answerChat(request, response, bench, requestId, gone.signal);
  } catch (error) {
    if (error instanceof RequestFault && !response.headersSent) sendJson(response, error.status, error.body);
    else if (!gone.signal.aborted && !request.readableAborted) failLoudly(response, error);
  } finally {
    log.add({ requestId, status: response.headersSent ? response.statusCode : null, finish });
  }
}

/** A fault of the observer itself: a 500 where nothing was sent, else an error event and no finish reason, as vLLM does. */
function failLoudly(response: ServerResponse, error: unknown): void {
  const message = `the observer failed: ${error instanceof Error ? error.message : String(error)}`;
  const body = { error: { message, type: "InternalServerError", param: null, code: 500 } };
  if (!response.headersSent) sendJson(response, 500, body);
  else response.end(`data: ${JSON.stringify(body)}\n\ndata: [DONE]\n\n`);
}

function describeModel({ model, maxModelLen }: Settings): object {
  return { id: model, object: "model", created: 0, owned_by: "observer", root: model, max_model_len: maxModelLen };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
