import { Worker } from "node:worker_threads";
import type { SourceSpec } from "../records/index.js";
import { type CarriedError, reviveError } from "./carried-error.js";
import { openPictureReader, type PictureReader } from "./picture-reader.js";
import type { WantedImage } from "./read-unchanged.js";

/** What the thread is told once. */
export type ThreadSources = readonly Pick<SourceSpec, "source" | "path">[];

export interface ToThread {
  readonly jobs: readonly { readonly job: number; readonly image: WantedImage }[];
  /** Memory to be used again. */
  readonly spare: readonly ArrayBuffer[];
}

/** All that was ready at once. */
export type FromThread = readonly (
  | { readonly job: number; readonly base64: Uint8Array }
  | { readonly job: number; readonly error: CarriedError }
)[];

/**
 * Reads pictures that are sent as they are, checks their bytes and writes them as base64 in a thread of its own: at
 * 110 kB a picture that is a quarter of what the thread that talks to the servers would have to do otherwise. It starts
 * with the first picture; should it ever end by itself, pictures are read in this one.
 */
export interface PictureThread {
  /** The picture as base64 text in ASCII, with `ROOM` round it. Rejects as `readUnchanged` does. */
  read(image: WantedImage): Promise<Buffer>;
  /**
   * What `read` gave will not be looked at again: the thread fills its memory anew. Otherwise the garbage collector
   * would go through all the run's images every few hundred pictures. Whoever looks all the same finds it empty.
   */
  giveBack(base64: Buffer): void;
  close(): Promise<void>;
}

/** Given back since a picture was asked for. */
const MOST_SPARE = 256;

interface Waiting {
  readonly image: WantedImage;
  resolve(base64: Buffer | Promise<Buffer>): void;
  reject(error: Error): void;
}

export interface PictureThreadOptions {
  /** Told once, in a sentence, where the thread has ended by itself. */
  readonly say?: (sentence: string) => void;
  /** What runs in it; another one in tests. */
  readonly worker?: URL;
}

const WORKER = new URL("./picture-worker.js", import.meta.url);

export function openPictureThread(
  sources: ThreadSources,
  { say = () => {}, worker = WORKER }: PictureThreadOptions = {},
): PictureThread {
  const waiting = new Map<number, Waiting>();
  /** Memory of the thread's that is here now. Any other may belong to several buffers. */
  const lent = new WeakSet<ArrayBufferLike>();
  let jobs: { job: number; image: WantedImage }[] = [];
  let spare: ArrayBuffer[] = [];
  let lastJob = 0;
  let thread: Worker | null = null;
  /** Reads here once the thread has ended. */
  let here: PictureReader | null = null;
  let closed = false;

  function start(): Worker {
    const workerData: ThreadSources = sources.map(({ source, path }) => ({ source, path }));
    // Flags of a script given by `node -e` would keep a thread from starting.
    const started = new Worker(worker, { workerData, execArgv: [] });
    started.on("message", (answers: FromThread) => {
      for (const answer of answers) {
        const asker = waiting.get(answer.job);
        waiting.delete(answer.job);
        if ("error" in answer) asker?.reject(reviveError(answer.error, "the reading thread"));
        else {
          const { buffer, byteOffset, byteLength } = answer.base64;
          lent.add(buffer);
          asker?.resolve(Buffer.from(buffer, byteOffset, byteLength));
        }
      }
      // Who waits for a picture keeps the process alive, a thread without work does not; whoever closes it waits for its end.
      if (waiting.size === 0 && !closed) started.unref();
    });
    started.on("error", (error) => readHere(error.message));
    started.on("exit", (code) => readHere(`exit code ${code}`));
    return started;
  }

  function readHere(why: string): void {
    if (here === null && !closed) say(`pictures are read in the main thread from here on, which is slower: ${why}`);
    here ??= openPictureReader(sources);
    for (const { image, resolve, reject } of waiting.values()) {
      if (closed) reject(new Error(`${image.id} was not read, the run's pictures were closed`));
      else resolve(here.read(image));
    }
    waiting.clear();
  }

  /** One message for all that is wanted at once: a message costs more than a picture in it. */
  function send(): void {
    const message: ToThread = { jobs, spare };
    jobs = [];
    spare = [];
    if (here !== null || closed) return;
    try {
      thread ??= start();
    } catch (error) {
      // This user may start no more threads.
      readHere(error instanceof Error ? error.message : String(error));
      return;
    }
    thread.ref();
    thread.postMessage(message, message.spare);
  }

  return {
    read({ id, locator, sha256, checksum }) {
      const image = { id, locator, sha256, checksum };
      if (here !== null) return here.read(image);
      lastJob += 1;
      const job = lastJob;
      if (jobs.length === 0) setImmediate(send);
      jobs.push({ job, image });
      return new Promise((resolve, reject) => waiting.set(job, { image, resolve, reject }));
    },
    giveBack({ buffer }) {
      if (!lent.delete(buffer) || !(buffer instanceof ArrayBuffer) || spare.length >= MOST_SPARE) return;
      spare.push(buffer);
    },
    async close() {
      closed = true;
      await thread?.terminate();
      readHere("closed");
      await here?.close();
    },
  };
}
