import { type OpenWriterOptions, UserError, type Writer } from "../records/index.js";
import { makeFolder } from "./atomic-file.js";
import { encodeLine } from "./checked-line.js";
import { openFaultLog } from "./fault-log.js";
import { openHeartbeat } from "./heartbeat.js";
import { takeLeftovers } from "./leftovers.js";
import { type ModelJournal, openModelJournal, type SealLimits } from "./model-journal.js";
import { repliesFolder } from "./parts.js";
import { identifyThisProcess } from "./process-identity.js";
import { openSealer } from "./seal.js";
import { askedLine, endedLine } from "./segment-columns.js";
import { claimShard, describe, findSuccessor } from "./shard-claim.js";

export interface RunWriterOptions extends OpenWriterOptions {
  readonly heartbeatMs: number;
  readonly staleMs: number;
  readonly waitForStale: boolean;
  readonly seal: SealLimits;
}

/** Heartbeats that may be missed before a record waits for a look at who was let in meanwhile. */
const MISSED_BEATS = 2;

/**
 * Lets this process write its shard. After the first fault of the disk, or once another process was let in because
 * this one was taken for dead, the writer has stopped: every call is rejected with that one `UserError`.
 */
export async function openRunWriter(root: string, options: RunWriterOptions): Promise<Writer> {
  const self = identifyThisProcess();
  const claim = await claimShard(root, { ...options, self });
  const journals = new Map<string, ModelJournal>();
  const faults = openFaultLog(root, claim.writer);
  const heartbeat = openHeartbeat(root, claim, options, () => mapValues(journals, (journal) => journal.cover()));
  const sealer = openSealer({ say: options.say, beforeRetiring: () => heartbeat.beat("writing") });
  let attempts = 0;
  let stopped: { readonly error: unknown } | null = null;
  let closing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let ticking: Promise<void> = Promise.resolve();
  /** When nobody else had been let in for certain (monotonic ms). */
  let aloneAt = performance.now();
  let looking: Promise<void> | null = null;

  function stop(error: unknown): unknown {
    stopped ??= { error };
    return stopped.error;
  }

  async function journalOf(model: string): Promise<ModelJournal> {
    const known = journals.get(model);
    if (known !== undefined) return known;
    await makeFolder(repliesFolder(root, model));
    const journal = openModelJournal({
      root,
      model,
      writer: claim.writer,
      limits: options.seal,
      onClosed: (part) => {
        if (stopped === null) sealer.add(part);
      },
    });
    // Two first records of a model may have waited for its folder together.
    const first = journals.get(model) ?? journal;
    journals.set(model, first);
    return first;
  }

  /** Throws where another process was let in because this one was taken for dead. */
  async function makeSureAlone(): Promise<void> {
    const at = performance.now();
    const successor = await findSuccessor(root, claim);
    if (successor !== null) {
      throw new UserError(`${root} was taken over by ${describe(successor)}; this process stops`);
    }
    aloneAt = at;
  }

  async function append(model: string, record: object, isEnded: boolean): Promise<void> {
    if (stopped !== null) throw stopped.error;
    if (closing !== null) throw new Error(`writer ${claim.writer} is closed`);
    try {
      // A process that was suspended may find its cells answered by another.
      if (performance.now() - aloneAt > MISSED_BEATS * options.heartbeatMs) {
        looking ??= makeSureAlone().finally(() => {
          looking = null;
        });
        await looking;
      }
      const journal = journals.get(model) ?? (await journalOf(model));
      const line = encodeLine(record);
      await journal.append(line, isEnded);
      if (isEnded) heartbeat.recorded(line.length)?.catch(stop);
    } catch (error) {
      throw stop(error);
    }
  }

  async function tick(): Promise<void> {
    try {
      await makeSureAlone();
      if (stopped !== null) return;
      for (const journal of journals.values()) if (journal.isDue()) await journal.rotate();
      await heartbeat.beat("writing");
    } catch (error) {
      stop(error);
    }
    schedule();
  }

  function schedule(): void {
    if (closing !== null || stopped !== null) return;
    timer = setTimeout(() => {
      ticking = tick();
    }, options.heartbeatMs).unref();
  }

  async function finish(): Promise<void> {
    clearTimeout(timer);
    await ticking;
    await adopting;
    for (const journal of journals.values()) await journal.rotate().catch(stop);
    await sealer.idle();
    await faults.close();
    if (stopped === null) await heartbeat.beat("closed");
    // A disk that took no more records may still take this line; where it does not, the end of this process says it.
    else await heartbeat.beat("closed").catch(() => undefined);
  }

  for (const model of options.models) await journalOf(model);
  await heartbeat.beat("writing");
  schedule();
  const adopting = takeLeftovers(root, claim, { self, staleMs: options.staleMs }).then(
    (parts) => {
      for (const part of parts) sealer.add(part);
    },
    (error: unknown) => options.say(error instanceof Error ? error.message : String(error)),
  );

  return {
    id: claim.writer,
    nextAttempt() {
      attempts += 1;
      return `${claim.writer}-${attempts}`;
    },
    async tell() {
      if (stopped === null && closing === null) await heartbeat.beat("writing");
    },
    asked: (asked) => append(asked.model, askedLine(asked), false),
    async ended(ended) {
      await append(ended.model, endedLine(ended), true);
      faults.add(ended);
    },
    close() {
      closing ??= finish();
      return closing;
    },
  };
}

function mapValues<T, U>(map: ReadonlyMap<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries([...map].map(([key, value]) => [key, change(value)]));
}
