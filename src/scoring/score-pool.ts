import { Worker } from "node:worker_threads";
import { createLexicalScorer, type LexicalPlan } from "./lexical-scorer.js";
import { type LineFault, type PairFields, readPairLines } from "./pair-lines.js";
import { type ScoredBlock, scoreBlock } from "./score-block.js";
import { type CountedPart, countPair, createDocumentCounts } from "./tfidf-fit.js";

/** What every thread of a pool does with its blocks. */
export type BlockWork =
  | { readonly kind: "score"; readonly fields: PairFields; readonly plan: LexicalPlan }
  | { readonly kind: "count"; readonly fields: PairFields };

/** What became of a block whose documents were counted. */
export interface CountedBlock {
  readonly pairs: number;
  readonly lines: number;
  readonly fault: LineFault | null;
}

export type BlockResult = ScoredBlock | CountedBlock;

/** One thread's hand at the work. */
export interface BlockHand {
  take(block: Buffer): BlockResult;
  /** What it has counted, null where it scores. */
  counted(): CountedPart | null;
}

/** Makes what a thread needs; called in it. */
export function createBlockHand(work: BlockWork): BlockHand {
  if (work.kind === "score") {
    const scorer = createLexicalScorer(work.plan);
    return { take: (block) => scoreBlock(scorer, block, work.fields), counted: () => null };
  }
  const counts = createDocumentCounts();
  return {
    take(block) {
      let pairs = 0;
      const { lines, fault } = readPairLines(block, work.fields, ({ reference, hypothesis }) => {
        // What will not be scored is no document.
        if (reference === null || hypothesis === null) return;
        countPair(counts, reference, hypothesis);
        pairs += 1;
      });
      return { pairs, lines, fault };
    },
    counted: () => ({ interner: counts.interner, frequencies: counts.frequencies, documents: counts.documents }),
  };
}

/** Threads that take blocks. Blocks may be handed in while others are worked on; the caller keeps their order. */
export interface ScorePool {
  /** Works on a block, whose memory it takes away. */
  take(block: Buffer): Promise<BlockResult>;
  /** What all threads have counted. */
  counted(): Promise<CountedPart[]>;
  close(): Promise<void>;
}

/** How a thread is asked and answers. */
export type PoolRequest = { readonly block: Uint8Array } | { readonly block: null };
export type PoolReply = { readonly result: BlockResult } | { readonly part: CountedPart | null };

/** Blocks a thread has in hand or waiting before this one helps. */
const ENOUGH = 2;

/**
 * Starts a pool of `threads` threads. This one is among them: it works on a block itself where the others have enough, so that
 * `threads` threads are busy, and one thread alone needs no copy of anything.
 */
export function createScorePool(work: BlockWork, threads: number): ScorePool {
  const others = Array.from({ length: threads - 1 }, () => startThread(work));
  let own: BlockHand | null = null;
  return {
    async take(block) {
      const idle = leastBusy(others);
      if (idle === undefined) {
        own ??= createBlockHand(work);
        return own.take(block);
      }
      const reply = await ask(idle, { block }, block.buffer instanceof ArrayBuffer ? [block.buffer] : []);
      if (!("result" in reply)) throw new Error("a scoring thread answered another question");
      return reply.result;
    },
    async counted() {
      const replies = await Promise.all(others.map((thread) => ask(thread, { block: null }, [])));
      const parts = replies.map((reply) => ("part" in reply ? reply.part : null));
      return [own?.counted() ?? null, ...parts].filter((part) => part !== null);
    },
    async close() {
      await Promise.all(others.map(({ worker }) => worker.terminate()));
    },
  };
}

interface Waiting {
  readonly resolve: (reply: PoolReply) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Answers come in the order of the questions. */
  readonly waiting: Waiting[];
}

/** The thread with the least to do, undefined where all have enough. */
function leastBusy(threads: readonly Thread[]): Thread | undefined {
  let least: Thread | undefined;
  for (const thread of threads) {
    if (thread.waiting.length < (least?.waiting.length ?? ENOUGH)) least = thread;
  }
  return least;
}

function ask(thread: Thread, request: PoolRequest, moved: ArrayBuffer[]): Promise<PoolReply> {
  return new Promise((resolve, reject) => {
    thread.waiting.push({ resolve, reject });
    thread.worker.postMessage(request, moved);
  });
}

function startThread(work: BlockWork): Thread {
  const worker = new Worker(new URL("./score-worker.js", import.meta.url), {
    workerData: work,
    // Flags of a script given by `node -e` would keep a thread from starting.
    execArgv: [],
  });
  const waiting: Waiting[] = [];
  worker.on("message", (reply: PoolReply) => waiting.shift()?.resolve(reply));
  const fail = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("a scoring thread ended early")));
  return { worker, waiting };
}
