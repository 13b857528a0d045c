import { once } from "node:events";
import { availableParallelism } from "node:os";
import { availableMemory } from "node:process";
import { Worker } from "node:worker_threads";
import { UserError } from "../../records/index.js";
import { END, type EncodeJob, type EncodeReply, type EncodeResults, type EncodeWorkerData } from "./encode-jobs.js";
import type { EncoderPlan } from "./encoder-plan.js";
import { loadOnnxRuntime } from "./load-native.js";

/** Threads that encode. A job goes to the first that is free, in the order they came but for what `takeNext` says. */
export interface EncoderPool {
  readonly workers: PoolSize;
  run<Kind extends EncodeJob["kind"]>(job: EncodeJob & { readonly kind: Kind }): Promise<EncodeResults[Kind]>;
  close(): Promise<void>;
}

export interface PoolSize {
  readonly count: number;
  /** Whether each worker holds its own repacked weights; else all read the file's pages. */
  readonly copyWeights: boolean;
}

/** A worker's own: its JavaScript heap, the runtime, buffers. */
const WORKER_BYTES = 80 << 20;
const KEEP_BYTES = 64 << 20;
/** The share of free memory that may be used. */
const SHARE = 0.6;

/**
 * As many workers as cores (or as asked), as far as memory goes. Where a copy of the weights for each would not fit,
 * they share the file's pages, at a few hundredths of the speed; where even that does not fit, there are fewer.
 */
export function choosePoolSize(
  plans: readonly EncoderPlan[],
  options: { readonly threads: number; readonly freeBytes: number },
): PoolSize {
  const sum = (bytes: (plan: EncoderPlan) => number) => plans.reduce((total, plan) => total + bytes(plan), 0);
  const lean = WORKER_BYTES + KEEP_BYTES + sum((plan) => plan.widenedBytes + plan.workBytes);
  const copying = lean + sum((plan) => plan.copiedBytes);
  const room = options.freeBytes * SHARE;
  if (copying * options.threads <= room) return { count: options.threads, copyWeights: true };
  return { count: Math.max(1, Math.min(options.threads, Math.floor(room / lean))), copyWeights: false };
}

/** Starts the workers. Throws a `UserError` where the runtime is not installed. */
export function startEncoderPool(plans: readonly EncoderPlan[], threads?: number): EncoderPool {
  loadOnnxRuntime();
  const size = choosePoolSize(plans, { threads: threads ?? availableParallelism(), freeBytes: availableMemory() });
  const data: EncodeWorkerData = { plans, copyWeights: size.copyWeights, keepBytes: KEEP_BYTES };
  const idle: Worker[] = [];
  const waiting: Task[] = [];
  const busy = new Map<Worker, Task>();
  const all: Worker[] = [];
  let fault: Error | null = null;

  const hand = () => {
    while (waiting.length > 0) {
      const worker = idle.pop() ?? (all.length < size.count ? start() : undefined);
      const task = worker === undefined ? undefined : takeNext(waiting, busy.values());
      if (worker === undefined || task === undefined) return;
      busy.set(worker, task);
      worker.postMessage(task.job);
    }
  };
  const start = (): Worker => {
    const worker = new Worker(new URL("./encode-worker.js", import.meta.url), {
      workerData: data,
      // Flags of a script given by `node -e` would keep a worker from starting.
      execArgv: [],
    });
    all.push(worker);
    worker.on("message", (reply: EncodeReply) => {
      const task = busy.get(worker);
      busy.delete(worker);
      idle.push(worker);
      if (reply.ok) task?.resolve(reply.result);
      else task?.reject(reply.told ? new UserError(reply.message) : new Error(reply.message));
      hand();
    });
    worker.on("error", (error) => {
      fault = new Error(`a thread that encodes texts ended: ${error.message}`, { cause: error });
      for (const task of [...busy.values(), ...waiting.splice(0)]) task.reject(fault);
      busy.clear();
    });
    return worker;
  };

  return {
    workers: size,
    run: <Kind extends EncodeJob["kind"]>(job: EncodeJob & { readonly kind: Kind }) =>
      new Promise<EncodeResults[Kind]>((resolve, reject) => {
        if (fault !== null) return reject(fault);
        // The worker answers each kind of job with the result of that kind.
        waiting.push({
          job,
          reference: referenceOf(job),
          resolve: (result) => resolve(result as EncodeResults[Kind]),
          reject,
        });
        hand();
      }),
    async close() {
      await Promise.all(
        all.map(async (worker) => {
          if (worker.threadId < 0) return;
          const gone = once(worker, "exit");
          worker.postMessage(END);
          await gone;
        }),
      );
    },
  };
}

/** What decides which task is next. */
interface Placed {
  /** Which reference is matched, by encoder and ids; null where none is encoded. */
  readonly reference: string | null;
}

interface Task extends Placed {
  readonly job: EncodeJob;
  readonly resolve: (result: EncodeResults[keyof EncodeResults]) => void;
  readonly reject: (error: Error) => void;
}

function referenceOf(job: EncodeJob): string | null {
  return job.kind === "match" ? `${job.plan}:${job.reference.join()}` : null;
}

/**
 * Takes the task that is next. A reference that is being encoded is left to the thread that will have its vectors, unless nothing
 * else waits.
 */
export function takeNext<T extends Placed>(waiting: T[], running: Iterable<Placed>): T | undefined {
  const taken = new Set(Array.from(running, ({ reference }) => reference));
  const place = waiting.findIndex(({ reference }) => reference === null || !taken.has(reference));
  return waiting.splice(Math.max(place, 0), 1)[0];
}
