import type { FaultKind, Reply } from "./attempt.js";

/** One request of a probe, so that a server's own log can be held against the record. */
export interface ProbeRequest {
  /** `probe/<model>/<what>-<8 hex>`, sent as `x-request-id`; a cell's has four parts. */
  readonly requestId: string;
  readonly status: number | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** One sentence where no usable reply came. */
  readonly fault: string | null;
}

/** What one server was seen to do for one model. Null is not seen. */
export interface Capabilities {
  /** Base URL, without credentials. */
  readonly endpoint: string;
  readonly model: string;
  /** ISO 8601, UTC. */
  readonly probedAt: string;
  /** Fields of the request body that were tried, sorted. */
  readonly triedFields: readonly string[];
  /** The server's own word under `/version`. */
  readonly version: string | null;
  /** Names under `/v1/models`. */
  readonly models: readonly string[] | null;
  /** Tokens of prompt and reply together. */
  readonly maxModelLen: number | null;
  /** Why no usable reply came. */
  readonly problem: {
    readonly kind: FaultKind;
    readonly message: string;
    readonly status: number | null;
    readonly retryAfterMs?: number;
  } | null;
  /** Fields of the body the server refuses by name. */
  readonly refusedFields: readonly string[];
  /** Whether `stream_interval` was taken and gave fewer, larger pieces. */
  readonly takesStreamInterval: boolean | null;
  /** Whether a streamed reply ended with `[DONE]`. */
  readonly sendsDone: boolean | null;
  /** Whether the server reads `file://` pictures of this run; null where that was not asked. */
  readonly readsFiles: boolean | null;
  /** What the server answered to `file://`, in words. */
  readonly filesSeen: string | null;
  /** The reply to the small picture, cut at the probe's budget. */
  readonly reply: Reply | null;
  readonly firstTokenMs: number | null;
  readonly tokensPerSecond: number | null;
  /** Prompt tokens of the same request without the picture. */
  readonly textPromptTokens: number | null;
  readonly requests: readonly ProbeRequest[];
}
