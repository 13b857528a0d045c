import { availableParallelism } from "node:os";
import type { CatalogImage, GateSpec, PreparedPicture, SampleImage, SourceSpec, Verdict } from "../records/index.js";
import { DecodeError } from "./decode-error.js";
import { openDecodeQueue } from "./decode-queue.js";
import type { Inspection } from "./inspect-picture.js";

/** Milliseconds one picture may take. */
const DEFAULT_LIMIT_MS = 30_000;

export interface DecodePoolOptions {
  readonly sources: readonly Pick<SourceSpec, "source" | "path">[];
  readonly gate: GateSpec;
  /** Child processes; as many as cores where left out. */
  readonly size?: number;
  /** Milliseconds one picture may take; 30 s where left out. */
  readonly limitMs?: number;
}

/**
 * Looks at pictures in child processes, so that a native decoder that dies or hangs takes no run with it: the picture
 * it fell over, alone and twice, becomes `undecodable`, every other one is asked again. Workers read the sources
 * themselves and start with the first request. Any number of requests may wait here at a few hundred bytes each;
 * bounding them is the caller's part, and eight times `size` keep every worker busy.
 */
export interface DecodePool {
  /** The gate's verdict. Throws a `UserError` where the source cannot be read. */
  inspect(image: CatalogImage): Promise<Verdict>;
  /** The picture as it is sent, `as-is` ones too. Throws an `ImageChangedError`, a `DecodeError` or a `UserError`. */
  prepare(image: SampleImage): Promise<PreparedPicture>;
  /** A small JPEG, at most `maxSide` pixels a side. Throws as `prepare` does. */
  thumbnail(image: SampleImage, maxSide: number): Promise<Buffer>;
  /** Its 64-bit difference hash, as 16 hex digits (see `differenceHash`). Throws as `prepare` does. */
  hash(image: SampleImage): Promise<string>;
  /** Process ids of the workers that are ready for work or at it. */
  pids(): readonly number[];
  /** Ends all workers at once; requests without an answer are turned down with an error. */
  close(): Promise<void>;
}

export function openDecodePool(options: DecodePoolOptions): DecodePool {
  const { sources, gate, size = availableParallelism(), limitMs = DEFAULT_LIMIT_MS } = options;
  const setup = { sources: sources.map(({ source, path }) => ({ source, path })), gate };
  const queue = openDecodeQueue(setup, Math.max(1, size), limitMs);
  return {
    inspect: async (image) => {
      const { id, class: label, fileName, locator } = image;
      const inspection = await queue
        .ask({ kind: "inspect", image: { locator } })
        .catch((error: unknown): Inspection => {
          if (!(error instanceof DecodeError)) throw error;
          return { accepted: null, rejected: { reason: error.reason, detail: error.message } };
        });
      return { id, class: label, fileName, locator, ...inspection };
    },
    prepare: (image) => queue.ask({ kind: "prepare", image }),
    thumbnail: (image, maxSide) => queue.ask({ kind: "thumbnail", image, maxSide }),
    hash: (image) => queue.ask({ kind: "hash", image }),
    pids: queue.pids,
    close: queue.close,
  };
}
