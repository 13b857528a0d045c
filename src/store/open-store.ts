import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { Store } from "../records/index.js";
import { readBatchRequests } from "./batch-requests.js";
import { countUnanswered } from "./count-unanswered.js";
import { damageNotice } from "./damage-notice.js";
import { diskError, isMissing } from "./disk-error.js";
import { openGate, readVerdicts } from "./gate-journal.js";
import type { SealLimits } from "./model-journal.js";
import { writePairs } from "./pairs-file.js";
import { readAttempts, readCell, readEndings } from "./read-attempts.js";
import { readHeader, writeHeader } from "./run-header.js";
import { readRejected, readSample, readSampleFacts, writeSample } from "./sample-files.js";
import { readWriterStates } from "./writer-state.js";

export interface OpenStoreOptions {
  /** Words for a person, e.g. a torn line that was passed over. Each is said once. */
  readonly say: (sentence: string) => void;
  /** Between two heartbeats of a writer; 5 s. */
  readonly heartbeatMs?: number;
  /** After which a silent writer on another machine is taken for dead; 60 s. */
  readonly staleMs?: number;
  /** Whether to wait (at most `staleMs`) for a writer on another machine to show life or go stale, instead of refusing; true. */
  readonly waitForStale?: boolean;
  /** When a journal is sealed: 10,000 ended attempts, 64 MB or 10 minutes. */
  readonly seal?: Partial<SealLimits>;
}

const SEAL_LIMITS: SealLimits = { rows: 10_000, bytes: 64 * 1024 * 1024, ageMs: 10 * 60 * 1000 };

/**
 * The run folder at `path`. Creates nothing until something is written. Throws a `UserError` where the path is a
 * file or may not be read.
 */
export async function openStore(path: string, options: OpenStoreOptions): Promise<Store> {
  const root = resolve(path);
  await checkFolder(root);
  const staleMs = options.staleMs ?? 60_000;
  const onDamage = damageNotice(root, { staleMs, say: options.say });
  return {
    path: root,
    readHeader: () => readHeader(root),
    writeHeader: (header) => writeHeader(root, header),
    readVerdicts: () => readVerdicts(root, onDamage),
    openGate: () => openGate(root),
    writeSample: (sample) => writeSample(root, sample),
    readSample: (holds) => readSample(root, holds),
    readRejected: () => readRejected(root),
    readSampleFacts: () => readSampleFacts(root),
    writePairs: (model, parserVersion, pairs) => writePairs(root, model, parserVersion, pairs),
    openWriter: async (writer) => {
      // A quarter of this room, which who only reads does not pay for.
      const { openRunWriter } = await import("./run-writer.js");
      return openRunWriter(root, {
        ...writer,
        heartbeatMs: options.heartbeatMs ?? 5_000,
        staleMs,
        waitForStale: options.waitForStale ?? true,
        seal: { ...SEAL_LIMITS, ...options.seal },
      });
    },
    writers: (passOver) => readWriterStates(root, passOver),
    endings: (model, passOver) => readEndings(root, model, { onDamage, passOver }),
    attempts: (model) => readAttempts(root, model, onDamage),
    attemptsOf: (image, model) => readCell(root, image, model, onDamage),
    batchRequests: (model) => readBatchRequests(root, model, onDamage),
    unanswered: () => countUnanswered(root, onDamage),
  };
}

async function checkFolder(root: string): Promise<void> {
  try {
    await readdir(root);
  } catch (error) {
    if (!isMissing(error)) throw diskError(error, root, "read");
  }
}
