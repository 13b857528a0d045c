import type { Fault } from "../records/index.js";
import type { Ending } from "./exchange.js";
import { oneLine } from "./redact.js";

const LIMIT_WORDS = {
  firstByteMs: "sent nothing within",
  idleMs: "fell silent in the middle of a reply for",
  totalMs: "had not finished within",
} as const;

const TLS_CODES =
  /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;

/** Puts into words how an exchange ended that brought no whole reply. */
export function describeEnding(ending: Ending, endpoint: string): Fault {
  switch (ending.how) {
    case "limit": {
      const message = `${endpoint} ${LIMIT_WORDS[ending.limit]} ${ending.ms} ms (timeouts.${ending.limit})`;
      return { kind: "timed-out", message, body: null };
    }
    case "interrupted":
      return { kind: "interrupted", message: `the request to ${endpoint} was stopped from this side`, body: null };
    case "broken":
      return describeBreak(ending, endpoint);
    case "complete":
    case "stopped":
      return { kind: "bad-reply", message: `${endpoint} sent something that is not a reply`, body: null };
  }
}

function describeBreak(ending: Extract<Ending, { how: "broken" }>, endpoint: string): Fault {
  const cause = rootCause(ending.error);
  if (ending.proxied && /\b407\b/.test(cause.message)) {
    const message = `the proxy on the way to ${endpoint} wants a user name and password (407)`;
    return { kind: "unauthorized", message, body: null };
  }
  if (ending.phase === "connecting") {
    return { kind: "unreachable", message: describeConnectFailure(cause, endpoint, ending.proxied), body: null };
  }
  if (ending.phase === "waiting" && ending.error.name === "HTTPParserError") {
    const message = `what listens at ${endpoint} does not speak HTTP (${oneLine(cause.message, 80)}); it may want https://`;
    return { kind: "unreachable", message, body: null };
  }
  const when = ending.phase === "reading" ? "in the middle of a reply" : "before it answered";
  return {
    kind: "broken-stream",
    message: `${endpoint} broke the connection off ${when} (${cause.code || oneLine(cause.message, 120)})`,
    body: null,
  };
}

function describeConnectFailure(cause: { code: string; message: string }, endpoint: string, proxied: boolean): string {
  const { code } = cause;
  const through = proxied ? ", going through the proxy that HTTP_PROXY or HTTPS_PROXY names" : "";
  if (/\bproxy\b/i.test(cause.message))
    return `the proxy refused the way to ${endpoint} (${oneLine(cause.message, 120)})`;
  if (code === "ECONNREFUSED") {
    return `nothing listens at ${endpoint} (connection refused)${through}`;
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EAI_FAIL") {
    return `the host name of ${endpoint} cannot be resolved (DNS: ${code})${through}`;
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "EPROTO" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return `${endpoint} does not speak TLS (${code})${through}; it may want http://`;
  }
  if (TLS_CODES.test(code)) {
    return `the TLS certificate of ${endpoint} is not trusted (${code})${through}; for an authority of your own set NODE_EXTRA_CA_CERTS`;
  }
  if (code === "UND_ERR_CONNECT_TIMEOUT")
    return `${endpoint} took no connection in time (timeouts.connectMs)${through}`;
  return `${endpoint} cannot be reached (${code || oneLine(cause.message, 120)})${through}`;
}

/** The innermost error that has a code; several addresses of one name give several. */
function rootCause(error: Error): { code: string; message: string } {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if ("code" in current && typeof current.code === "string") return { code: current.code, message: current.message };
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return { code: "", message: error.message };
}
