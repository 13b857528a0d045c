import {
  type Capabilities,
  canonicalJson,
  type Fault,
  type FaultKind,
  type PreparedPicture,
  type Timeouts,
} from "../records/index.js";
import { openConnections } from "./connections.js";
import { normaliseEndpoint } from "./endpoint-url.js";
import { type ProbeOptions, probeEndpoint } from "./probe-endpoint.js";
import { readVersion } from "./read-server-facts.js";
import { refusedFields } from "./refused-fields.js";
import { requestHeaders } from "./request-headers.js";
import { PLAIN_WIRE, planWire, TRAVEL_FIELDS, type Wire } from "./wire.js";

/** How to send, or why it is of no use to send anything now. */
export type WireDecision = { readonly wire: Wire } | { readonly fault: Fault; readonly status: number | null };

/** Knows how one server is to be asked, from its first request on. */
export interface WireSource {
  /** At once where it is known; the first call that may probes the server, and those that come meanwhile wait for it. */
  decide(picture: PreparedPicture, signal?: AbortSignal): Promise<WireDecision>;
  /**
   * Told of an answer that turned down a request sent as `sent`: one that names our fields lets the next request probe.
   * Says whether that one will be sent otherwise.
   */
  turnedDown(status: number | null, body: string | null, sent: Wire): boolean;
  close(): void;
}

export interface WireSourceOptions
  extends Omit<ProbeOptions, "file" | "maxTokens" | "textOnly" | "signal" | "picture"> {
  /** The small picture the probe sends. */
  readonly picture: () => Promise<PreparedPicture>;
  /** Fields of the dialect: a server that refuses them is asked without them. */
  readonly mayDrop: readonly string[];
  /** Whether to probe before the first picture; else only once the server has refused a field by its name. */
  readonly isEager: boolean;
  /** What an earlier start found. */
  readonly recall: () => Promise<Capabilities | null>;
  readonly keep: (seen: Capabilities) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Enough for the opening tag of a thought. */
const PROBE_TOKENS = 24;
const PROBE_MS = 30_000;
const FRESH_MS = 24 * 60 * 60_000;
/** A server whose probe went wrong in its own way is asked as the recipe says, and looked at again after this long. */
const PROBE_AGAIN_MS = 5 * 60_000;
/** Whatever is asked next would meet the same; it is told so, and nothing more is sent. */
const HOLDS_FOR_ALL: ReadonlySet<FaultKind> = new Set([
  "unreachable",
  "busy",
  "unauthorized",
  "wrong-model",
  "interrupted",
]);

export function openWireSource(options: WireSourceOptions): WireSource {
  const now = options.now ?? Date.now;
  const closing = new AbortController();
  let settled: { readonly wire: Wire; readonly until: number } | null = null;
  let deciding: Promise<WireDecision> | null = null;
  let mayProbe = options.isEager;

  async function find(picture: PreparedPicture, signal: AbortSignal): Promise<WireDecision> {
    const known = await options.recall();
    if (known !== null && (await stillHolds(known, picture, signal))) return settle(known, Number.POSITIVE_INFINITY);
    const seen = await probeEndpoint({
      ...options,
      timeouts: within(options.timeouts, PROBE_MS),
      picture: await options.picture(),
      file: picture.file === undefined ? null : picture,
      maxTokens: PROBE_TOKENS,
      textOnly: false,
      signal,
    });
    const { problem } = seen;
    if (problem !== null && HOLDS_FOR_ALL.has(problem.kind)) {
      const { kind, message, status, retryAfterMs } = problem;
      const fault = { kind, message, body: null, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
      return { fault, status };
    }
    if (problem !== null) return settle(null, now() + PROBE_AGAIN_MS);
    await options.keep(seen);
    return settle(seen, Number.POSITIVE_INFINITY);
  }

  async function stillHolds(known: Capabilities, picture: PreparedPicture, signal: AbortSignal): Promise<boolean> {
    const tried = [...Object.keys(options.body), "stream_interval", "stream_options"].filter(
      (name) => name !== "max_tokens",
    );
    return (
      known.endpoint === normaliseEndpoint(options.endpoint) &&
      known.model === options.model &&
      now() - Date.parse(known.probedAt) < FRESH_MS &&
      canonicalJson(known.triedFields) === canonicalJson(tried.sort()) &&
      (picture.file === undefined || known.readsFiles !== null || known.version === null) &&
      known.version === (await versionNow(options, signal))
    );
  }

  function settle(seen: Capabilities | null, until: number): WireDecision {
    const wire = seen === null ? PLAIN_WIRE : planWire(seen, options.mayDrop);
    settled = { wire, until };
    return { wire };
  }

  return {
    async decide(picture, signal) {
      if (settled !== null && settled.until > now()) return { wire: settled.wire };
      if (!mayProbe) return { wire: PLAIN_WIRE };
      deciding ??= find(
        picture,
        signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]),
      ).finally(() => {
        deciding = null;
      });
      return deciding;
    },
    turnedDown(status, body, sent) {
      const refused = refusedFields(status, body, Object.keys(options.body).concat(TRAVEL_FIELDS));
      mayProbe ||= refused.length > 0;
      const canOmit = refused.some((name) => options.mayDrop.includes(name) || TRAVEL_FIELDS.includes(name));
      return canOmit && settled?.wire !== sent;
    },
    close: () => closing.abort(),
  };
}

async function versionNow(options: WireSourceOptions, signal: AbortSignal): Promise<string | null> {
  const endpoint = normaliseEndpoint(options.endpoint);
  const { origin, pathname } = new URL(endpoint);
  const connections = openConnections({
    origin,
    max: 1,
    connectMs: options.timeouts.connectMs,
    env: options.env ?? process.env,
  });
  try {
    const asked = { endpoint, model: options.model, apiKey: options.apiKey };
    const headers = requestHeaders(options.name, options.apiKey);
    const root = pathname === "/" ? "" : pathname;
    return await readVersion({ connections, root, headers, asked, timeouts: options.timeouts }, signal);
  } finally {
    await connections.close();
  }
}

function within(timeouts: Timeouts, ms: number): Timeouts {
  return {
    connectMs: Math.min(timeouts.connectMs, ms),
    firstByteMs: Math.min(timeouts.firstByteMs, ms),
    idleMs: Math.min(timeouts.idleMs, ms),
    totalMs: Math.min(timeouts.totalMs, ms),
  };
}
