import type { IncomingHttpHeaders } from "node:http";
import { type EndpointHealth, nearestName, type Timeouts } from "../records/index.js";
import { type Asked, classifyResponse } from "./classify-response.js";
import type { Connections } from "./connections.js";
import { describeEnding } from "./describe-ending.js";
import { isRecord, parseJson } from "./error-body.js";
import { type Ending, exchange } from "./exchange.js";
import { isModel } from "./read-reply.js";

interface LookOptions {
  readonly connections: Connections;
  /** The path of the base URL, without a trailing slash. */
  readonly root: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly asked: Asked;
  readonly timeouts: Timeouts;
}

/** A server that lives answers these at once, however long its replies take. */
const LOOK_MS = 30_000;
const MAX_LIST_BYTES = 4 * 1024 * 1024;

/**
 * Asks a server for its models and its health, for no tokens. `reachable` is false also while it answers 429 or 5xx:
 * then waiting helps. Reachable with a problem is for a person: wrong address, key or model name.
 */
export async function lookAtEndpoint(options: LookOptions, signal?: AbortSignal): Promise<EndpointHealth> {
  const { asked } = options;
  const list = await get(options, `${options.root}/models`, signal);
  if (list.status === null) return unreachable(describeEnding(list.ending, asked.endpoint).message);
  if (list.status !== 200) return await judgeListFailure(options, { ...list, status: list.status }, signal);
  const health = await get(options, `${options.root.replace(/\/v1$/, "")}/health`, signal);
  if (health.status === null && health.ending.how !== "interrupted") {
    return unreachable(describeEnding(health.ending, asked.endpoint).message);
  }
  if (health.status !== null && isAiling(health.status)) {
    return unreachable(
      `${asked.endpoint} answers, but its /health says ${health.status}; its engine is not ready or dead`,
    );
  }
  return judgeModels(readModels(list.body), asked);
}

interface Got {
  readonly status: number | null;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly ending: Ending;
}

async function judgeListFailure(
  options: LookOptions,
  list: Got & { readonly status: number },
  signal?: AbortSignal,
): Promise<EndpointHealth> {
  const { asked } = options;
  const fault = classifyResponse(list, asked);
  if (isAiling(list.status)) return unreachable(fault.message);
  if (list.status === 404 || list.status === 405) {
    // A server without a model list still refuses GET on its chat route with something else than 404.
    const chat = await get(options, `${options.root}/chat/completions`, signal);
    if (chat.status !== null && chat.status !== 404) return { reachable: true, models: null, problem: null };
  }
  return { reachable: true, models: null, problem: fault.message };
}

function judgeModels(models: readonly string[] | null, asked: Asked): EndpointHealth {
  if (models === null || models.some((name) => isModel(name, asked.model))) {
    return { reachable: true, models, problem: null };
  }
  const shown = models.slice(0, 10).join(", ") + (models.length > 10 ? `, and ${models.length - 10} more` : "");
  const nearest = nearestName(asked.model, models);
  const served = models.length === 0 ? "no model" : shown;
  const hint = nearest === null ? "" : `; did you mean "${nearest}"?`;
  const problem = `${asked.endpoint} does not serve "${asked.model}" but ${served}${hint}`;
  return { reachable: true, models, problem };
}

/** Names of `GET /v1/models`; null where the body is not such a list. */
function readModels(body: string): readonly string[] | null {
  const json = parseJson(body);
  const data: unknown = isRecord(json) ? json.data : json;
  if (!Array.isArray(data)) return null;
  return data.flatMap((one: unknown) => (isRecord(one) && typeof one.id === "string" ? [one.id] : []));
}

async function get(options: LookOptions, path: string, signal?: AbortSignal): Promise<Got> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let status: number | null = null;
  let headers: IncomingHttpHeaders = {};
  const ms = Math.min(LOOK_MS, options.timeouts.firstByteMs, options.timeouts.totalMs);
  const limits: Timeouts = { ...options.timeouts, firstByteMs: ms, idleMs: ms, totalMs: ms };
  const ending = await exchange(
    options.connections,
    { method: "GET", path, headers: options.headers, body: null },
    limits,
    {
      get stage() {
        return bytes > MAX_LIST_BYTES ? "enough" : bytes > 0 ? "reading" : "waiting";
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

function isAiling(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function unreachable(problem: string): EndpointHealth {
  return { reachable: false, models: null, problem };
}
