import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Timeouts } from "../records/index.js";
import type { Connection, Connections } from "./connections.js";

/** How far a response has come. `waiting`: nothing of use yet; `closing`: all is there but the end; `enough`: stop reading. */
export type Stage = "waiting" | "reading" | "closing" | "enough";

/** Takes a response as it arrives. */
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
  /** By name, or names and values in turn. */
  readonly headers: Readonly<Record<string, string>> | string[];
  /** Called when a connection is free, so that waiting requests hold no bytes. */
  readonly body: (() => Buffer) | null;
  /**
   * Called, perhaps more than once, when nobody will read the body's memory any more: the reply is under way or over, and all was
   * sent. Where a server answers before it has read the request it may not be called at all.
   */
  readonly onBodyDone?: () => void;
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
  return new Promise((resolve) => new Exchange(connections, request, limits, sink, signal, resolve).begin());
}

/** Takes what undici reports of its request itself: a handler object of its own would be one more thing made for each. */
class Exchange implements Dispatcher.DispatchHandler {
  private readonly startedAt = performance.now();
  private sentAt: number | null = null;
  private lastByteAt = this.startedAt;
  private answered = false;
  private stage: Stage = "waiting";
  private over = false;
  private repeated = false;
  private timer: NodeJS.Timeout | undefined;
  private connection: Connection | null = null;
  /** The socket had carried a request before this one was sent. */
  private wasReused = false;
  private controller: Dispatcher.DispatchController | null = null;

  constructor(
    private readonly connections: Connections,
    private readonly request: ExchangeRequest,
    private readonly limits: Timeouts,
    private readonly sink: ResponseSink,
    private readonly signal: AbortSignal | undefined,
    private readonly resolve: (ending: Ending) => void,
  ) {}

  begin(): void {
    if (this.signal?.aborted) {
      this.interrupt();
      return;
    }
    this.signal?.addEventListener("abort", this.interrupt, { once: true });
    this.arm();
    this.connections.take((connection) => this.dispatch(connection), this.interrupt);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.over) this.abort();
    this.wasReused = this.connection?.isReused() ?? false;
    this.sentAt = performance.now();
    this.arm();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.over || status < 200) return;
    this.answered = true;
    this.sink.start(status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return;
    this.lastByteAt = performance.now();
    this.sink.data(chunk);
    const next = this.sink.stage();
    if (next === this.stage) return;
    this.stage = next;
    this.freeBody();
    if (next === "enough") this.settle({ how: "stopped" });
    else this.arm();
  }

  onResponseEnd(): void {
    this.connection?.served();
    this.freeBody();
    this.settle({ how: "complete" });
    this.connection?.release();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const { connection } = this;
    // A server may close a kept socket in the moment we send; nothing of this request was answered, so it goes out
    // once more, on the new socket that this connection opens by itself.
    if (!this.over && connection !== null && this.wasReused && !this.answered && !this.repeated && isReset(error)) {
      this.repeated = true;
      this.sentAt = null;
      queueMicrotask(() => this.dispatch(connection));
      return;
    }
    this.settle(this.broken(error));
    connection?.release();
  }

  private dispatch(connection: Connection): void {
    this.connection = connection;
    if (this.over) {
      connection.release();
      return;
    }
    const { method, path, headers, body } = this.request;
    try {
      connection.dispatch({ method, path, headers, body: body?.() ?? null, origin: this.connections.origin }, this);
    } catch (error) {
      this.settle(this.broken(error instanceof Error ? error : new Error(String(error))));
      connection.release();
    }
  }

  private freeBody(): void {
    if (this.connection?.isFlushed()) this.request.onBodyDone?.();
  }

  private settle(ending: Ending): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.signal?.removeEventListener("abort", this.interrupt);
    this.resolve(ending);
    if (ending.how !== "complete" && ending.how !== "broken") this.abort();
  }

  private abort(): void {
    if (this.controller !== null && !this.controller.aborted) this.controller.abort(new Error("the request is over"));
  }

  private readonly interrupt = (): void => this.settle({ how: "interrupted" });

  private broken(error: Error): Ending {
    const phase = this.sentAt === null ? "connecting" : this.answered ? "reading" : "waiting";
    return { how: "broken", error, phase, proxied: this.connections.proxied };
  }

  /** Sets the timer for the nearest limit. Bytes only move limits away, so they need no new timer. */
  private arm(): void {
    if (this.over) return;
    clearTimeout(this.timer);
    const waitMs = this.dueInMs();
    // After a standstill of this process (Ctrl-Z, a busy machine) timers come before the bytes that arrived meanwhile.
    if (waitMs <= 0) setImmediate(() => this.expire());
    else this.timer = setTimeout(() => this.arm(), Math.min(Math.ceil(waitMs), LONGEST_TIMER_MS));
  }

  private expire(): void {
    if (this.dueInMs() <= 0) this.settle(this.expired());
    else this.arm();
  }

  private dueInMs(): number {
    return Math.min(this.byteDueAt(), this.startedAt + this.limits.totalMs) - performance.now();
  }

  /** When the next byte is due. */
  private byteDueAt(): number {
    if (this.stage !== "waiting") return this.lastByteAt + this.idleMs();
    return (this.sentAt ?? Number.POSITIVE_INFINITY) + this.limits.firstByteMs;
  }

  private expired(): Ending {
    const { limits } = this;
    if (this.byteDueAt() >= this.startedAt + limits.totalMs)
      return { how: "limit", limit: "totalMs", ms: limits.totalMs };
    return this.stage === "waiting"
      ? { how: "limit", limit: "firstByteMs", ms: limits.firstByteMs }
      : { how: "limit", limit: "idleMs", ms: this.idleMs() };
  }

  private idleMs(): number {
    return this.stage === "closing" ? Math.min(this.limits.idleMs, CLOSING_MS) : this.limits.idleMs;
  }
}

/** Codes of a socket that was closed under us. */
const RESET_CODES = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "ECONNABORTED"]);

function isReset(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && RESET_CODES.has(error.code);
}
