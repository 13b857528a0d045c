import type { IncomingHttpHeaders } from "node:http";
import { BATCH_ENDPOINT, type Fault, type FaultKind } from "../records/index.js";
import { type ErrorBody, readErrorBody } from "./error-body.js";
import { bodyEvidence, oneLine, redact } from "./redact.js";
import { readRetryAfterMs } from "./retry-after.js";

/** Who was asked, for the words of a message. */
export interface Asked {
  readonly endpoint: string;
  readonly model: string;
  /** Never shown; needed to take it out of what the server echoes. */
  readonly apiKey: string | null;
  /** What was sent as `x-request-id`; left out where replies find their request in another way. */
  readonly requestId?: string;
}

export interface ErrorResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Statuses with a meaning of their own; the rest go by their first digit. */
const KIND_OF_STATUS: Readonly<Record<number, FaultKind>> = {
  401: "unauthorized",
  402: "unauthorized",
  403: "unauthorized",
  404: "wrong-model",
  405: "wrong-model",
  407: "unauthorized",
  408: "busy",
  409: "busy",
  410: "wrong-model",
  425: "busy",
  429: "busy",
  501: "rejected-by-server",
  503: "busy",
  529: "busy",
};

/** Says what an HTTP status other than 2xx means for the cell and its endpoint. */
export function classifyResponse(response: ErrorResponse, asked: Asked, now: () => number = Date.now): Fault {
  const { status, headers, body } = response;
  const error = readErrorBody(body);
  const kind = kindOf(status, error);
  const retryAfterMs = kind === "busy" ? readRetryAfterMs(headers, now()) : null;
  return {
    kind,
    message: messageFor(status, kind, error, asked, headers),
    body: bodyEvidence(body, asked.apiKey),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}

/** An error object where a reply was due, under a status of 200: inside a stream, or as the whole body. */
export function classifyErrorInReply(error: ErrorBody, text: string, asked: Asked): Fault {
  const status = typeof error.code === "number" && error.code >= 400 && error.code < 600 ? error.code : 500;
  return {
    kind: kindOf(status, error),
    message: `${asked.endpoint} sent an error instead of a reply: ${quote(error, asked)}`,
    body: bodyEvidence(text, asked.apiKey),
  };
}

/** A 200 that cannot be read as a reply. */
export function badReply(what: string, body: string, asked: Asked): Fault {
  return { kind: "bad-reply", message: `${asked.endpoint} ${what}`, body: bodyEvidence(body, asked.apiKey) };
}

function kindOf(status: number, error: ErrorBody): FaultKind {
  const known = KIND_OF_STATUS[status];
  if (known !== undefined) return known;
  // A redirect is not followed, so this address cannot answer until someone mends it.
  if (status < 400) return "wrong-model";
  if (status < 500) return blamesModel(error) ? "wrong-model" : "rejected-by-server";
  return status === 500 && blamesPicture(error.message) ? "rejected-by-server" : "server-error";
}

/** Some servers answer 400 where others answer 404 to a model they do not serve. */
function blamesModel(error: ErrorBody): boolean {
  return error.code === "model_not_found" || /\bpinned to\b.*\brequested\b/i.test(error.message.slice(0, 1000));
}

/** Texts of an engine that is failing or going: they may name files and addresses, none of them the picture's. */
const ENGINE_TROUBLE =
  /engine ?core|engine.{0,20}(dead|died|encountered)|shutdown|\bCUDA\b|\bNCCL\b|out of memory|\[Errno 28\]/i;

/**
 * What vLLM answers with a 500 although the request is to blame (measured on 0.32): a media host that refuses or has no
 * name, a missing file, `file://` without its flag; older ones also an unreadable picture.
 */
const PICTURE_TROUBLE = [
  /\bhost(name)?\b(?! (memory|ram|buffer))|connect call failed|name or service not known|name resolution|getaddrinfo|nodename nor servname/i,
  /no such file|file not found|FileNotFoundError|not a directory|is a directory|\[Errno (2|13|20|21|36)\]/i,
  /(^|[\s`'"(])--[a-z-]*(media|mm|image)[a-z-]*/i,
  /\b(https?|file):\/\/|\bdata:image\/|\burls?\b/i,
  /\blocal files?\b|\bmedia (path|domain|type)|[\w-]\.(jpe?g|png|webp|gif|tiff?)\b/i,
  /cannot identify image|image file is truncated|truncated image|failed to (load|fetch|decode|open) (the )?image/i,
];

function blamesPicture(message: string): boolean {
  const text = message.slice(0, 4096);
  return !ENGINE_TROUBLE.test(text) && PICTURE_TROUBLE.some((pattern) => pattern.test(text));
}

function messageFor(
  status: number,
  kind: FaultKind,
  error: ErrorBody,
  asked: Asked,
  headers: IncomingHttpHeaders,
): string {
  const said = error.message === "" ? "" : `: ${quote(error, asked)}`;
  const seen = `${asked.endpoint} answered ${status}`;
  if (status < 400) {
    const target =
      headers.location === undefined ? "" : ` to ${oneLine(redact(hideQuery(headers.location), asked.apiKey), 200)}`;
    return `${seen}, a redirect${target}, which is not followed; give the final address as the endpoint`;
  }
  if (status === 407) return `the proxy on the way to ${asked.endpoint} wants a user name and password (407)`;
  if (kind === "unauthorized") return `${seen}${said}; check the key in the variable that apiKeyEnv names`;
  if (kind === "wrong-model") return `${seen}${said}; ${adviseAddress(status, error, asked)}`;
  return `${seen}${said}`;
}

function adviseAddress(status: number, error: ErrorBody, asked: Asked): string {
  const aboutModel = error.param === "model" || /\bmodel\b/i.test(error.message) || blamesModel(error);
  if (aboutModel) {
    const isFile = asked.endpoint.startsWith(BATCH_ENDPOINT);
    const compare = isFile ? "the name it was served by when the batch ran" : `${asked.endpoint}/models`;
    return `it does not serve "${asked.model}"; compare with ${compare}`;
  }
  if (status === 404 && !asked.endpoint.endsWith("/v1")) return `try ${asked.endpoint}/v1 as the endpoint`;
  return `nothing answers chat requests at ${asked.endpoint}/chat/completions; check the endpoint's address`;
}

function quote(error: ErrorBody, asked: Asked): string {
  return oneLine(redact(error.message, asked.apiKey));
}

/** A redirect's query may carry a token. */
function hideQuery(location: string): string {
  return location.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*@/, "//");
}
