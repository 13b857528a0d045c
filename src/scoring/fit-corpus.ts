import { stat } from "node:fs/promises";
import { UserError } from "../records/index.js";
import type { PairFields } from "./pair-lines.js";
import { type BlockResult, type CountedBlock, createScorePool } from "./score-pool.js";
import { addCounts, createDocumentCounts, fitTfidf, type TfidfFit } from "./tfidf-fit.js";
import { lineError, walkBlocks } from "./walk-blocks.js";

export interface FitCorpusOptions {
  readonly file: string;
  readonly fields: PairFields;
  readonly threads: number;
  readonly signal: AbortSignal | null;
  /** Called with the pairs read so far. */
  readonly onPairs: (pairs: number) => void;
}

/**
 * Fits TF-IDF on every reference and every hypothesis of a file, each a document. Memory follows the vocabulary. Null where the
 * signal ended it. Throws a `UserError` that names the line which is no pair.
 */
export async function fitCorpus(options: FitCorpusOptions): Promise<TfidfFit | null> {
  const { file, fields, threads, signal, onPairs } = options;
  const pool = createScorePool({ kind: "count", fields }, threads);
  try {
    let lines = 0;
    let pairs = 0;
    const isWhole = await walkBlocks<CountedBlock>(pool, {
      file,
      from: 0,
      threads,
      signal,
      isResult: (result: BlockResult): result is CountedBlock => !("output" in result),
      async onResult(result) {
        if (result.fault !== null) throw lineError(file, lines, result.fault);
        lines += result.lines;
        pairs += result.pairs;
        onPairs(pairs);
      },
    });
    if (!isWhole) return null;
    const [first = createDocumentCounts(), ...others] = await pool.counted();
    if (others.length === 0) return fitTfidf(first);
    const counts = createDocumentCounts();
    for (const part of [first, ...others]) addCounts(counts, part);
    return fitTfidf(counts);
  } finally {
    await pool.close();
  }
}

/** Throws a `UserError` where a file cannot be read twice, as fitting and scoring must. */
export async function mustReadTwice(file: string, what: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found !== null && !found.isFile() && !found.isDirectory()) {
    throw new UserError(`${file} can be read only once, but ${what}`);
  }
}
