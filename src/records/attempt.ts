import type { ImageId } from "./image.js";
import type { FailedReason } from "./outcome.js";

/** A writer's short id and a number, never used twice: `k3f9a2-17`. */
export type AttemptId = string;

/** What came back, untouched. Text is exactly as sent; unknown is null. */
export interface Reply {
  readonly content: string | null;
  readonly reasoning: string | null;
  /** The name the server gave the reasoning field, `reasoning` or `reasoning_content`. */
  readonly reasoningField: string | null;
  readonly finishReason: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** The model name and the id in the reply's body. */
  readonly model: string | null;
  readonly id: string | null;
}

/**
 * Why an attempt gave no usable reply. The first group are faults of this very cell and can make it `failed`; the
 * second are faults of the endpoint or of ours, after which the cell stays missing and is asked again.
 */
export type FaultKind =
  | FailedReason
  | "unreachable"
  | "endpoint-gone"
  | "busy"
  | "server-error"
  | "broken-stream"
  | "timed-out"
  | "unauthorized"
  | "wrong-model"
  | "interrupted";

export interface Fault {
  readonly kind: FaultKind;
  /** One sentence: what was seen. Never a key. */
  readonly message: string;
  /** At most 2 kB of the body, redacted. */
  readonly body: string | null;
  /** Milliseconds the server asked us to wait, where it said so. */
  readonly retryAfterMs?: number;
}

/** How every id of an observer's reply begins, so that its text is known for what it is wherever the reply is kept. */
export const OBSERVER_REPLY = "observer-";

/** How the endpoint of a request that went out in a batch file begins; the file's name follows. */
export const BATCH_ENDPOINT = "batch:";

/** Written before a request leaves. */
export interface Asked {
  readonly image: ImageId;
  readonly model: string;
  readonly attempt: AttemptId;
  /** 0, or the number of the `--again` that asked this final cell once more. */
  readonly round: number;
  /** The whole question as a SHA-256, hex. */
  readonly key: string;
  readonly endpoint: string;
  /** ISO 8601, UTC. */
  readonly askedAt: string;
}

/** Written, and fsynced before it counts, when the attempt is over. */
export interface Ended extends Asked {
  readonly firstTokenAt: string | null;
  readonly endedAt: string;
  /** HTTP status, null where no response came. */
  readonly status: number | null;
  /** Present also beside a fault, as evidence: the partial text of a broken stream. */
  readonly reply: Reply | null;
  readonly fault: Fault | null;
  /** Whether the fault uses up one of the cell's tries. */
  readonly countsAsTry: boolean;
  /** SHA-256 of the picture bytes that were sent, hex; null where none were. */
  readonly preparedSha256: string | null;
}

export type AttemptEvent = ({ readonly event: "asked" } & Asked) | ({ readonly event: "ended" } & Ended);
