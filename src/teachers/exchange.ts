import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Timeouts } from "../records/index.js";
import type { Connection, Connections } from "./connections.js";

/** How far a response has come. `waiting`: nothing of use yet; `closing`: all is there but the end; `enough`: stop reading. */
export type Stage = "waiting" | "reading" | "closing" | "enough";

/**
 * Takes a response as it arrives. Methods, not properties with getters: an object literal with getters has a shape of its
 * own each time, which the engine cannot compile for (a fifth of the client's work at a thousand replies a second).
 */
export interface ResponseSink {
  stage(): Stage;
  start(status: number, headers: IncomingHttpHeaders): void;
  data(chunk: Buffer): void;
}

/** How one exchange of request and response came to its end. */
export type Ending =
  | { readonly how: "complete" }
  /** The sink had enough. */
  | { readonly how: "stopped" }
  | { readonly how: "limit"; readonly limit: "firstByteMs" | "idleMs" | "totalMs"; readonly ms: number }
  /** By the caller's signal, or because the teacher was closed. */
  | { readonly how: "interrupted" }
  | {
      readonly how: "broken";
      readonly error: Error;
      readonly phase: "connecting" | "waiting" | "reading";
      readonly proxied: boolean;
    };

export interface ExchangeRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Called when a connection is free, so that waiting requests hold no bytes. */
  readonly body: (() => Buffer) | null;
}

/** After the last piece of a reply its end follows at once; a server that forgets it does not hold the connection. */
const CLOSING_MS = 5_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Sends one request and feeds the response to the sink. Never rejects; every wait has a limit of ours. */
export function exchange(
  connections: Connections,
  request: ExchangeRequest,
  limits: Timeouts,
  sink: ResponseSink,
  signal?: AbortSignal,
): Promise<Ending> {
  return new Promise((resolve) => runExchange(connections, request, limits, sink, signal, resolve));
}

function runExchange(
  connections: Connections,
  request: ExchangeRequest,
  limits: Timeouts,
  sink: ResponseSink,
  signal: AbortSignal | undefined,
  resolve: (ending: Ending) => void,
): void {
  const startedAt = performance.now();
  let sentAt: number | null = null;
  let lastByteAt = startedAt;
  let answered = false;
  let stage: Stage = "waiting";
  let over = false;
  let repeated = false;
  let timer: NodeJS.Timeout | undefined;
  let controller: Dispatcher.DispatchController | null = null;

  function settle(ending: Ending): void {
    if (over) return;
    over = true;
    clearTimeout(timer);
    signal?.removeEventListener("abort", interrupt);
    resolve(ending);
    if (ending.how !== "complete" && ending.how !== "broken") abort();
  }

  function abort(): void {
    if (controller !== null && !controller.aborted) controller.abort(new Error("the request is over"));
  }

  function interrupt(): void {
    settle({ how: "interrupted" });
  }

  /** When the next byte is due. */
  function byteDueAt(): number {
    return stage === "waiting" ? (sentAt ?? Number.POSITIVE_INFINITY) + limits.firstByteMs : lastByteAt + idleMs();
  }

  function expired(): Ending {
    if (byteDueAt() >= startedAt + limits.totalMs) return { how: "limit", limit: "totalMs", ms: limits.totalMs };
    return stage === "waiting"
      ? { how: "limit", limit: "firstByteMs", ms: limits.firstByteMs }
      : { how: "limit", limit: "idleMs", ms: idleMs() };
  }

  function idleMs(): number {
    return stage === "closing" ? Math.min(limits.idleMs, CLOSING_MS) : limits.idleMs;
  }

  /** Sets the timer for the nearest limit. Bytes only move limits away, so they need no new timer. */
  function arm(): void {
    if (over) return;
    clearTimeout(timer);
    const waitMs = dueInMs();
    // After a standstill of this process (Ctrl-Z, a busy machine) timers come before the bytes that arrived meanwhile.
    if (waitMs <= 0) setImmediate(expire);
    else timer = setTimeout(arm, Math.min(Math.ceil(waitMs), LONGEST_TIMER_MS));
  }

  function expire(): void {
    if (dueInMs() <= 0) settle(expired());
    else arm();
  }

  function dueInMs(): number {
    return Math.min(byteDueAt(), startedAt + limits.totalMs) - performance.now();
  }

  function broken(error: Error): Ending {
    const phase = sentAt === null ? "connecting" : answered ? "reading" : "waiting";
    return { how: "broken", error, phase, proxied: connections.proxied };
  }

  function handlerFor(connection: Connection): Dispatcher.DispatchHandler {
    let wasReused = false;
    return {
      onRequestStart(started) {
        controller = started;
        if (over) abort();
        wasReused = connection.isReused();
        sentAt = performance.now();
        arm();
      },
      onResponseStart(_controller, status, headers) {
        if (over || status < 200) return;
        answered = true;
        sink.start(status, headers);
      },
      onResponseData(_controller, chunk) {
        if (over) return;
        lastByteAt = performance.now();
        sink.data(chunk);
        const next = sink.stage();
        if (next === stage) return;
        stage = next;
        if (stage === "enough") settle({ how: "stopped" });
        else arm();
      },
      onResponseEnd() {
        connection.served();
        settle({ how: "complete" });
        connection.release();
      },
      onResponseError(_controller, error) {
        // A server may close a kept socket in the moment we send; nothing of this request was answered, so it goes out
        // once more, on the new socket that this connection opens by itself.
        if (!over && wasReused && !answered && !repeated && isReset(error)) {
          repeated = true;
          sentAt = null;
          queueMicrotask(() => dispatch(connection));
          return;
        }
        settle(broken(error));
        connection.release();
      },
    };
  }

  function dispatch(connection: Connection): void {
    if (over) {
      connection.release();
      return;
    }
    const { method, path, headers, body } = request;
    try {
      connection.dispatch({ method, path, headers, body: body?.() ?? null }, handlerFor(connection));
    } catch (error) {
      settle(broken(error instanceof Error ? error : new Error(String(error))));
      connection.release();
    }
  }

  if (signal?.aborted) {
    interrupt();
    return;
  }
  signal?.addEventListener("abort", interrupt, { once: true });
  arm();
  connections.take(dispatch, interrupt);
}

/** Codes of a socket that was closed under us. */
const RESET_CODES = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "ECONNABORTED"]);

function isReset(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && RESET_CODES.has(error.code);
}
