import type { IncomingHttpHeaders } from "node:http";

/**
 * How long a server asks us to wait, in milliseconds ≥ 0: `Retry-After` in seconds or as an HTTP date (RFC 9110,
 * 10.2.3), or `retry-after-ms`. Null where it does not say, or says nothing that can be read. Not capped.
 */
export function readRetryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | null {
  const milliseconds = readNumber(headers["retry-after-ms"]);
  if (milliseconds !== null) return milliseconds;
  const text = headers["retry-after"];
  if (text === undefined) return null;
  const seconds = readNumber(text);
  if (seconds !== null) return Math.min(seconds * 1000, Number.MAX_SAFE_INTEGER);
  // Only something with a month's name: Date.parse would make a year out of "-5".
  const date = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

function readNumber(header: string | string[] | undefined): number | null {
  if (typeof header !== "string" || !/^\s*\d+(\.\d+)?\s*$/.test(header)) return null;
  return Math.min(Number(header), Number.MAX_SAFE_INTEGER);
}
