import type { EncoderPlan } from "./encoder-plan.js";
import type { BestMatches } from "./encoder-session.js";

/** What a worker is started with. */
export interface EncodeWorkerData {
  readonly plans: readonly EncoderPlan[];
  readonly copyWeights: boolean;
  /** Bytes of token vectors a worker may keep, so that what comes again is not encoded again. */
  readonly keepBytes: number;
}

/** One piece of work. `plan` says which encoder. */
export type EncodeJob =
  | { readonly kind: "encode"; readonly plan: number; readonly ids: Int32Array }
  | {
      readonly kind: "match";
      readonly plan: number;
      readonly reference: Int32Array;
      readonly hypotheses: readonly Int32Array[];
    }
  | {
      readonly kind: "match-vectors";
      readonly width: number;
      readonly reference: Float32Array;
      readonly hypotheses: readonly Float32Array[];
    };

/** Ends a worker: it finishes what it does, lets its sessions go and leaves by itself. */
export const END = "end";

export interface EncodeResults {
  readonly encode: Float32Array;
  readonly match: readonly BestMatches[];
  readonly "match-vectors": readonly BestMatches[];
}

export type EncodeReply =
  | { readonly ok: true; readonly result: EncodeResults[keyof EncodeResults] }
  /** `told` where the message is for a person. */
  | { readonly ok: false; readonly told: boolean; readonly message: string };
