import type { CatalogImage, GateSpec, PreparedPicture, SampleImage, SourceSpec } from "../records/index.js";
import type { CarriedError } from "./carried-error.js";
import type { Inspection } from "./inspect-picture.js";

/** What a decode worker is told once, before its first job. */
export interface WorkerSetup {
  readonly sources: readonly Pick<SourceSpec, "source" | "path">[];
  readonly gate: GateSpec;
}

/** One thing to be done with one picture, without its bytes: workers read the sources themselves. */
export type DecodeJob =
  | { readonly kind: "inspect"; readonly image: Pick<CatalogImage, "locator"> }
  | { readonly kind: "prepare"; readonly image: SampleImage }
  | { readonly kind: "thumbnail"; readonly image: SampleImage; readonly maxSide: number }
  | { readonly kind: "hash"; readonly image: SampleImage };

/** What each kind of job gives. */
export interface DecodeResults {
  readonly inspect: Inspection;
  readonly prepare: PreparedPicture;
  readonly thumbnail: Buffer;
  readonly hash: string;
}

/**
 * `granted` is the memory in bytes the picture may take, `alone` says that the worker has nothing else to do
 * meanwhile. Where a picture needs more of either, the worker says so instead of doing it.
 */
export type ToWorker =
  | { readonly setup: WorkerSetup }
  | { readonly id: number; readonly job: DecodeJob; readonly granted: number; readonly alone: boolean };

/** `memory` is the worker's resident memory in bytes, so that a swollen one can be replaced. */
export type FromWorker =
  | { readonly ready: true }
  | { readonly id: number; readonly needs: { readonly memory: number } | "to be alone" }
  | { readonly id: number; readonly memory: number; readonly result: DecodeResults[DecodeJob["kind"]] }
  | { readonly id: number; readonly memory: number; readonly error: CarriedError };
