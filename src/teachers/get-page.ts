import type { IncomingHttpHeaders } from "node:http";
import type { Timeouts } from "../records/index.js";
import type { Asked } from "./classify-response.js";
import type { Connections } from "./connections.js";
import { type Ending, exchange } from "./exchange.js";

export interface PageOptions {
  readonly connections: Connections;
  /** The path of the base URL, without a trailing slash. */
  readonly root: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly asked: Asked;
  readonly timeouts: Timeouts;
}

/** What came of a GET; the status is null where the body did not come to its end. */
export interface Page {
  readonly status: number | null;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly ending: Ending;
}

/** A server that lives answers these at once, however long its replies take. */
const PAGE_MS = 30_000;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** Fetches one of the small pages a server has about itself. Never rejects. */
export async function getPage(options: PageOptions, path: string, signal?: AbortSignal): Promise<Page> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let status: number | null = null;
  let headers: IncomingHttpHeaders = {};
  const ms = Math.min(PAGE_MS, options.timeouts.firstByteMs, options.timeouts.totalMs);
  const limits: Timeouts = { ...options.timeouts, firstByteMs: ms, idleMs: ms, totalMs: ms };
  const ending = await exchange(
    options.connections,
    { method: "GET", path, headers: options.headers, body: null },
    limits,
    {
      stage() {
        return bytes > MAX_PAGE_BYTES ? "enough" : bytes > 0 ? "reading" : "waiting";
      },
      start(newStatus, newHeaders) {
        status = newStatus;
        headers = newHeaders;
      },
      data(chunk) {
        bytes += chunk.length;
        chunks.push(chunk);
      },
    },
    signal,
  );
  return {
    status: ending.how === "complete" ? status : null,
    headers,
    body: Buffer.concat(chunks).toString("utf8"),
    ending,
  };
}
