import type { Hash } from "node:crypto";
import type { MetricFacts } from "../records/index.js";
import { createIdTable, enterId } from "./id-table.js";
import { addSeenByMetric, type SeenByMetric } from "./neural/neural-scorer.js";
import type { PairFields } from "./pair-lines.js";
import type { LineBlock } from "./read-blocks.js";
import { findStart, freshStart, type ScoreStart } from "./resume-scores.js";
import { ID_WORDS, type ScoredBlock } from "./score-block.js";
import { isKept, openOutput, outputTo, type ScoreOutput } from "./score-output.js";
import { describeScores, writeSidecar } from "./score-sidecar.js";
import type { SummaryTaker } from "./score-summary.js";
import { lineError } from "./walk-blocks.js";

export interface ScoreLinesOptions {
  readonly file: string;
  readonly out: string | ((lines: Uint8Array) => Promise<void>);
  /** Bytes of the file, null where not known. */
  readonly size: number | null;
  readonly fields: PairFields;
  readonly metrics: readonly MetricFacts[];
  readonly taker: SummaryTaker;
  readonly say: (sentence: string) => void;
  readonly onScored: (progress: { readonly pairs: number; readonly share: number | null }) => void;
}

/** Lines of scores on their way out. */
export interface ScoreLines {
  /** Where an earlier start left off. */
  readonly start: ScoreStart;
  /** Pairs written so far, by earlier starts too. */
  pairs(): number;
  /** How much of their texts the encoders saw, by earlier starts too; empty where that is not known. */
  seen(): SeenByMetric;
  /** Called for each block as it is read. */
  read(block: LineBlock): void;
  /** Called for each result, in the order read. Throws a `UserError` for a line that is no pair or repeats an id. */
  finish(result: ScoredBlock): Promise<void>;
  close(isComplete: boolean): Promise<void>;
}

const CHECKPOINT_MS = 500;

/** Opens the output where it was left. A file gets a sidecar with the protocol and how far it has come; a pipe does not. */
export async function openScoreLines(options: ScoreLinesOptions): Promise<ScoreLines> {
  const { file, out, size, fields, metrics, taker } = options;
  const ids = createIdTable();
  const path = typeof out === "string" && (await isKept(out)) ? out : null;
  const sidecar = (start: ScoreStart, isComplete: boolean) => {
    const { pairs, lines, inputBytes, outputBytes, inputHash, seen } = start;
    const inputSha256 = inputHash.copy().digest("hex");
    const known = Object.keys(seen).length === 0 ? {} : { seen };
    const progress = { pairs, lines, inputBytes, outputBytes, inputSha256, ...known };
    return describeScores(metrics, fields, progress, isComplete);
  };
  const enterScored = (words: Uint32Array, values: Float64Array, pairs: number) => {
    for (let at = 0; at < pairs; at++) enter(words, at, 0);
    taker.take(values, pairs);
  };
  const enter = (words: Uint32Array, at: number, linesBefore: number): number | null => {
    const [first = 0, second = 0, third = 0, line = 0] = words.subarray(ID_WORDS * at, ID_WORDS * (at + 1));
    return enterId(ids, first, second, third, linesBefore + line);
  };
  const wanted = sidecar(freshStart(), false);
  const start =
    path === null ? freshStart() : await findStart({ file, out: path, metrics, wanted, onScored: enterScored });
  if (start.pairs > 0) options.say(`going on after ${start.pairs} pairs scored before`);
  const inputHash = start.inputHash.copy();
  let now: ScoreStart = { ...start, inputHash: start.inputHash.copy() };
  if (path !== null) await writeSidecar(path, sidecar(now, false));
  const output: ScoreOutput = typeof out === "string" ? await openOutput(out, start.outputBytes) : outputTo(out);
  const blocks: { readonly end: number; readonly hash: Hash }[] = [];
  let savedAt = performance.now();
  const save = async (isComplete: boolean) => {
    if (path === null) return;
    await output.sync();
    await writeSidecar(path, sidecar(now, isComplete));
    savedAt = performance.now();
  };
  return {
    start,
    pairs: () => now.pairs,
    seen: () => now.seen,
    read(block) {
      inputHash.update(block.bytes);
      blocks.push({ end: block.end, hash: inputHash.copy() });
    },
    async finish(result) {
      const block = blocks.shift();
      if (block === undefined) throw new Error("a block came back that was not sent");
      for (let at = 0; at < result.pairs; at++) {
        const before = enter(result.ids, at, now.lines);
        if (before === null) continue;
        await output.write(firstLines(result.output, at));
        const fault = { line: result.ids[ID_WORDS * at + 3] ?? 0, sentence: repeats(before, start.lines) };
        throw lineError(file, now.lines, fault);
      }
      await output.write(result.output);
      if (result.fault !== null) throw lineError(file, now.lines, result.fault);
      taker.take(result.values, result.pairs);
      now = {
        pairs: now.pairs + result.pairs,
        lines: now.lines + result.lines,
        inputBytes: block.end,
        outputBytes: now.outputBytes + result.output.length,
        inputHash: block.hash,
        seen: result.seen === undefined ? now.seen : addSeenByMetric(now.seen, result.seen, now.pairs),
      };
      const share = size === null || size === 0 ? null : block.end / size;
      options.onScored({ pairs: now.pairs, share });
      if (performance.now() - savedAt > CHECKPOINT_MS) await save(false);
    },
    async close(isComplete) {
      try {
        await save(isComplete);
      } finally {
        await output.close();
      }
    },
  };
}

/** Lines of earlier starts are known by their ids alone. */
function repeats(before: number, linesBefore: number): string {
  return before < linesBefore ? "repeats the id of an earlier line" : `repeats the id of line ${before + 1}`;
}

/** The first `count` lines. */
function firstLines(output: Uint8Array, count: number): Uint8Array {
  let end = 0;
  for (let line = 0; line < count; line++) end = output.indexOf(0x0a, end) + 1;
  return output.subarray(0, end);
}
