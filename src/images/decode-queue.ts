import { UserError } from "../records/index.js";
import { DecodeError } from "./decode-error.js";
import type { CarriedError, DecodeJob, DecodeResults, FromWorker, WorkerSetup } from "./decode-messages.js";
import { type DecoderProcess, startDecoder } from "./decoder-process.js";
import { ImageChangedError } from "./read-unchanged.js";

/** Requests in one worker at a time: more than it decodes at once, so that it never waits for the pipe. */
const IN_FLIGHT = 4;
/** Bytes; a worker that holds more than this after a job is replaced. */
const MAX_MEMORY = 500 * 2 ** 20;
/** Workers that may end before they were ready, one after another, before all requests are turned down. */
const MAX_FAILED_STARTS = 3;

type Result = DecodeResults[DecodeJob["kind"]];

interface Request {
  readonly id: number;
  readonly job: DecodeJob;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
  /** Was in a worker that ended before it answered: asked once more, alone, so that the right picture is blamed. */
  suspect: boolean;
}

interface Worker {
  readonly process: DecoderProcess;
  readonly requests: Map<number, { readonly request: Request; readonly timer: NodeJS.Timeout }>;
  ready: boolean;
  /** Gets no more work and is ended when it has answered what it has. */
  leaving: boolean;
  /** Why it was killed, where a picture took too long. */
  tooLong: string | null;
}

/** Jobs on their way to a few child processes that may die at any time. */
export interface DecodeQueue {
  /** Resolves with the worker's result; throws its error, or a `DecodeError` where the picture took the worker down. */
  ask<K extends DecodeJob["kind"]>(job: Extract<DecodeJob, { kind: K }>): Promise<DecodeResults[K]>;
  pids(): readonly number[];
  close(): Promise<void>;
}

/** Workers start with the first jobs, up to `size`. A job may take `limitMs` milliseconds in its worker. */
export function openDecodeQueue(setup: WorkerSetup, size: number, limitMs: number): DecodeQueue {
  const waiting = new Set<Request>();
  const suspects = new Set<Request>();
  const workers = new Set<Worker>();
  let lastId = 0;
  let failedStarts = 0;
  let closing: { readonly done: () => void } | null = null;

  const start = () => {
    const worker: Worker = {
      process: startDecoder({ message: (said) => hear(worker, said), ended: (how) => lose(worker, how) }),
      requests: new Map(),
      ready: false,
      leaving: false,
      tooLong: null,
    };
    worker.process.send({ setup });
    workers.add(worker);
  };

  const give = (worker: Worker, request: Request) => {
    const timer = setTimeout(() => {
      worker.tooLong = `took longer than ${limitMs / 1000} s`;
      worker.process.kill();
    }, limitMs);
    worker.requests.set(request.id, { request, timer });
    worker.process.send({ id: request.id, job: request.job });
  };

  const share = () => {
    if (closing !== null) return;
    for (;;) {
      const pool = suspects.size > 0 ? suspects : waiting;
      const worker = emptiest(workers, pool === suspects ? 1 : IN_FLIGHT);
      const [request] = pool;
      if (worker === null || request === undefined) break;
      pool.delete(request);
      give(worker, request);
    }
    const wanted = Math.min(size, workers.size + waiting.size + suspects.size);
    while (workers.size < wanted) start();
  };

  const hear = (worker: Worker, said: FromWorker) => {
    if ("ready" in said) {
      worker.ready = true;
      failedStarts = 0;
      return share();
    }
    const entry = worker.requests.get(said.id);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    worker.requests.delete(said.id);
    if ("error" in said) entry.request.reject(revive(said.error));
    else entry.request.resolve(said.result);
    worker.leaving ||= said.memory > MAX_MEMORY;
    if (worker.leaving && worker.requests.size === 0) worker.process.kill();
    share();
  };

  const lose = (worker: Worker, how: string) => {
    workers.delete(worker);
    for (const { request, timer } of worker.requests.values()) {
      clearTimeout(timer);
      if (closing !== null) request.reject(closed());
      else if (request.suspect) {
        request.reject(new DecodeError("undecodable", worker.tooLong ?? `the decoder died on it (${how})`));
      } else {
        request.suspect = true;
        suspects.add(request);
      }
    }
    if (!worker.ready) failedStarts++;
    if (failedStarts >= MAX_FAILED_STARTS) {
      failedStarts = 0;
      turnDown(new UserError(`the picture decoder does not start (${how}); run \`npm ci\` again on this machine`));
    }
    if (closing !== null && workers.size === 0) closing.done();
    share();
  };

  const turnDown = (error: Error) => {
    for (const request of [...suspects, ...waiting]) request.reject(error);
    suspects.clear();
    waiting.clear();
  };

  return {
    ask: <K extends DecodeJob["kind"]>(job: Extract<DecodeJob, { kind: K }>) =>
      new Promise<DecodeResults[K]>((resolve, reject) => {
        if (closing !== null) return reject(closed());
        // A worker answers a job of a kind with a result of that kind.
        const settle = (result: Result) => resolve(result as DecodeResults[K]);
        waiting.add({ id: ++lastId, job, resolve: settle, reject, suspect: false });
        share();
      }),
    pids: () => [...workers].flatMap(({ ready, process }) => (ready ? (process.pid ?? []) : [])),
    close: () =>
      new Promise((done) => {
        closing = { done };
        turnDown(closed());
        for (const worker of workers) worker.process.kill();
        if (workers.size === 0) done();
      }),
  };
}

/** The worker with the fewest requests below `limit`; one that has a suspect takes nothing beside it. */
function emptiest(workers: ReadonlySet<Worker>, limit: number): Worker | null {
  let best: Worker | null = null;
  for (const worker of workers) {
    const { size } = worker.requests;
    if (!worker.ready || worker.leaving || worker.tooLong !== null || size >= limit) continue;
    if ([...worker.requests.values()].some(({ request }) => request.suspect)) continue;
    if (best === null || size < best.requests.size) best = worker;
  }
  return best;
}

function closed(): Error {
  return new Error("the decode pool was closed before this picture's turn");
}

function revive({ name, message }: CarriedError): Error {
  if (name === "UserError") return new UserError(message);
  if (name === "ImageChangedError") return new ImageChangedError(message);
  if (name === "DecodeError") return new DecodeError("undecodable", message);
  return new Error(`the decode worker failed: ${message}`);
}
