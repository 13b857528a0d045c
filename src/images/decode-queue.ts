import { UserError } from "../records/index.js";
import { reviveError } from "./carried-error.js";
import { DecodeError } from "./decode-error.js";
import type { DecodeJob, DecodeResults, FromWorker, WorkerSetup } from "./decode-messages.js";
import { type DecoderProcess, startDecoder } from "./decoder-process.js";
import { LIGHT, weightOf } from "./picture-weight.js";

/** Requests in one worker at a time: more than the four it decodes at once, so that it never waits for the pipe. */
const IN_FLIGHT = 6;
/** Bytes; a worker that holds more than this after a job is replaced. */
const MAX_MEMORY = 256 * 2 ** 20;
/** Memory for all the heavy pictures that are decoded at the same time: one of the largest, or this much a worker. */
const HEAVY_AT_ONCE = 640 * 2 ** 20;
const HEAVY_A_WORKER = 128 * 2 ** 20;
/** Workers that may end before they were ready, one after another, before all requests are turned down. */
const MAX_FAILED_STARTS = 3;

type Result = DecodeResults[DecodeJob["kind"]];

interface Request {
  readonly id: number;
  readonly job: DecodeJob;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
  /** Bytes it may take where that is more than `LIGHT`; 0 for the others and until a worker has looked. */
  weight: number;
  /** Nothing else may be in its worker: the library failed on it, or a worker ended over it and others. */
  alone: boolean;
  /** Workers that ended before they answered; after the second, when it was alone, the picture is blamed. */
  strikes: number;
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
  const room = Math.max(HEAVY_AT_ONCE, size * HEAVY_A_WORKER);
  const waiting = new Set<Request>();
  const heavy = new Set<Request>();
  const loners = new Set<Request>();
  const workers = new Set<Worker>();
  let lastId = 0;
  let failedStarts = 0;
  let closing: { readonly done: () => void; readonly over: Promise<void> } | null = null;

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
    const { id, job, weight, alone } = request;
    const limit = Math.round(limitMs * (1 + weight / HEAVY_A_WORKER));
    const timer = setTimeout(() => {
      worker.tooLong = `took longer than ${limit / 1000} s`;
      worker.process.kill();
    }, limit);
    worker.requests.set(id, { request, timer });
    worker.process.send({ id, job, granted: Math.max(LIGHT, weight), alone });
  };

  const fits = (request: Request | undefined) => {
    if (request === undefined) return false;
    const taken = [...workers].flatMap(({ requests }) => [...requests.values()].map((entry) => entry.request.weight));
    const sum = taken.reduce((total, weight) => total + weight, 0);
    // One that is larger than all the room goes when no other heavy one is there.
    return request.weight === 0 || sum === 0 || sum + request.weight <= room;
  };

  const share = () => {
    if (closing !== null) return;
    for (;;) {
      const line = loners.size > 0 ? loners : fits(first(heavy)) ? heavy : waiting;
      const request = first(line);
      const worker = emptiest(workers, line === loners ? 1 : IN_FLIGHT);
      if (worker === null || request === undefined || !fits(request)) break;
      line.delete(request);
      give(worker, request);
    }
    const wanted = Math.min(size, workers.size + waiting.size + heavy.size + loners.size);
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
    if ("needs" in said) {
      if (said.needs === "to be alone") entry.request.alone = true;
      else entry.request.weight = said.needs.memory;
      if (closing !== null) entry.request.reject(closed());
      else (entry.request.alone ? loners : heavy).add(entry.request);
      return share();
    }
    if ("error" in said) entry.request.reject(reviveError(said.error, "the decode worker"));
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
      else if (request.strikes++ > 0) {
        request.reject(new DecodeError("undecodable", worker.tooLong ?? `the decoder died on it (${how})`));
      } else {
        request.alone = true;
        loners.add(request);
      }
    }
    // An answer that was under way is not heard any more: its picture is asked again.
    worker.requests.clear();
    if (!worker.ready) failedStarts++;
    if (failedStarts >= MAX_FAILED_STARTS) {
      failedStarts = 0;
      turnDown(new UserError(`the picture decoder does not start (${how}); run \`npm ci\` again on this machine`));
    }
    if (closing !== null && workers.size === 0) closing.done();
    share();
  };

  const turnDown = (error: Error) => {
    for (const line of [loners, heavy, waiting]) {
      for (const request of line) request.reject(error);
      line.clear();
    }
  };

  return {
    ask: <K extends DecodeJob["kind"]>(job: Extract<DecodeJob, { kind: K }>) =>
      new Promise<DecodeResults[K]>((resolve, reject) => {
        if (closing !== null) return reject(closed());
        // A worker answers a job of a kind with a result of that kind.
        const settle = (result: Result) => resolve(result as DecodeResults[K]);
        const request = { id: ++lastId, job, resolve: settle, reject, alone: false, strikes: 0 };
        const weight = knownWeight(job);
        (weight > 0 ? heavy : waiting).add({ ...request, weight });
        share();
      }),
    pids: () => [...workers].flatMap(({ ready, process }) => (ready ? (process.pid ?? []) : [])),
    close: () => {
      if (closing !== null) return closing.over;
      let done = () => {};
      const over = new Promise<void>((resolve) => {
        done = resolve;
      });
      closing = { done, over };
      turnDown(closed());
      for (const worker of workers) worker.process.kill();
      if (workers.size === 0) done();
      return over;
    },
  };
}

/** The worker with the fewest requests below `limit`; one that must be left alone with its picture takes none. */
function emptiest(workers: ReadonlySet<Worker>, limit: number): Worker | null {
  let best: Worker | null = null;
  for (const worker of workers) {
    const { size } = worker.requests;
    if (!worker.ready || worker.leaving || worker.tooLong !== null || size >= limit) continue;
    if ([...worker.requests.values()].some(({ request }) => request.alone)) continue;
    if (best === null || size < best.requests.size) best = worker;
  }
  return best;
}

function first(line: ReadonlySet<Request>): Request | undefined {
  const [request] = line;
  return request;
}

/** What the gate found out about a picture is enough to weigh it; before the gate only a worker can. */
function knownWeight(job: DecodeJob): number {
  if (job.kind === "inspect") return 0;
  const weight = weightOf(job.image.bytes, job.image.width * job.image.height);
  return weight > LIGHT ? weight : 0;
}

function closed(): Error {
  return new Error("the decode pool was closed before this picture's turn");
}
