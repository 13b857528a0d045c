import { UserError } from "../records/index.js";
import type { LineFault } from "./pair-lines.js";
import { type LineBlock, readBlocks } from "./read-blocks.js";
import type { BlockResult, ScorePool } from "./score-pool.js";

export interface WalkOptions<R extends BlockResult> {
  readonly file: string;
  readonly from: number;
  readonly threads: number;
  readonly signal: AbortSignal | null;
  /** How much is read at once; left out where a pair is quick to score. */
  readonly blockBytes?: number;
  readonly isResult: (result: BlockResult) => result is R;
  /** Called for every block as it is read. */
  readonly onRead?: (block: LineBlock) => void;
  /** Called with every result, in the order read. */
  readonly onResult: (result: R) => Promise<void>;
}

/** Blocks on their way to a thread or back, for each thread: enough that none waits. */
const BLOCKS_AHEAD = 3;

/** Sends a file through a pool, block by block. Answers false where the signal ended it early; what was read is finished first. */
export async function walkBlocks<R extends BlockResult>(pool: ScorePool, options: WalkOptions<R>): Promise<boolean> {
  const pending: Promise<BlockResult>[] = [];
  let isBroken = false;
  const settle = async () => {
    try {
      const result = await pending.shift();
      if (result !== undefined && options.isResult(result)) await options.onResult(result);
    } catch (error) {
      isBroken = true;
      throw error;
    }
  };
  try {
    for await (const block of readBlocks(options.file, options.from, Number.POSITIVE_INFINITY, options.blockBytes)) {
      if (options.signal?.aborted === true) break;
      options.onRead?.(block);
      const result = pool.take(block.bytes);
      // Handled when its turn comes; until then it must not count as unhandled.
      result.catch(() => {});
      pending.push(result);
      while (pending.length >= BLOCKS_AHEAD * options.threads) await settle();
    }
  } finally {
    // Where reading broke off, what was read before still counts; where a result was bad, nothing behind it does.
    while (!isBroken && pending.length > 0) await settle();
  }
  return options.signal?.aborted !== true;
}

/** The error for a line that cannot be read. `linesBefore` are those of earlier blocks. */
export function lineError(file: string, linesBefore: number, fault: LineFault): UserError {
  return new UserError(`${file}, line ${linesBefore + fault.line + 1} ${fault.sentence}`);
}
