import { setImmediate } from "node:timers/promises";
import type { OpenWriterOptions } from "../records/index.js";
import type { Claim } from "./shard-claim.js";
import { type Cover, type WriterState, writeWriterState } from "./writer-state.js";

/** Bytes of records that a reader is left to count by itself: some ten milliseconds of its time. */
const UNTOLD_BYTES = 2 * 1024 * 1024;

/** Tells readers where a writer stands, in `writers/<writer>.json`: one file at a time, never an older one over a newer. */
export interface Heartbeat {
  beat(state: WriterState["state"]): Promise<void>;
  /** A record of so many bytes is on disk for good. After some megabytes the next beat comes early; gives its end where one begins. */
  recorded(bytes: number): Promise<void> | null;
}

export function openHeartbeat(
  root: string,
  claim: Claim,
  options: Pick<OpenWriterOptions, "parserVersion" | "tries" | "tallies" | "endpoints">,
  covers: () => Readonly<Record<string, Cover>>,
): Heartbeat {
  let last: Promise<void> = Promise.resolve();
  let untoldBytes = 0;
  let isEarly = false;

  async function beat(state: WriterState["state"]): Promise<void> {
    // A fresh turn: whoever waited for a record has counted it, so tallies and covers say the same.
    await setImmediate();
    untoldBytes = 0;
    const now: WriterState = {
      formatVersion: 1,
      writer: claim.writer,
      shard: claim.shard,
      host: claim.host,
      bootId: claim.bootId,
      pid: claim.pid,
      job: claim.job,
      startedAt: claim.claimedAt,
      heartbeatAt: new Date().toISOString(),
      state,
      parserVersion: options.parserVersion,
      ...(options.tries === undefined ? {} : { tries: options.tries }),
      tallies: options.tallies(),
      ...(options.endpoints === undefined ? {} : { endpoints: options.endpoints() }),
      covers: covers(),
    };
    last = last.catch(() => undefined).then(() => writeWriterState(root, now));
    return last;
  }

  return {
    beat,
    recorded(bytes) {
      untoldBytes += bytes;
      if (untoldBytes < UNTOLD_BYTES || isEarly) return null;
      isEarly = true;
      return beat("writing").finally(() => {
        isEarly = false;
      });
    },
  };
}
