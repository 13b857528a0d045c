import { stat, writeFile } from "node:fs/promises";
import { type MetricFacts, UsageError, UserError } from "../records/index.js";
import { fitCorpus, mustReadTwice } from "./fit-corpus.js";
import { checkLexicalChoice, checkMetrics, createLexicalScorer, type LexicalPlan, needFit } from "./lexical-scorer.js";
import type { LexicalOptions } from "./metric-kinds.js";
import { openFileScorers } from "./neural/file-scorers.js";
import { createMixedPool } from "./neural/mixed-pool.js";
import { checkNeuralChoice, type NeuralChoice, neuralNames, noNeuralChoice } from "./neural/neural-choice.js";
import type { NeuralScorers } from "./neural/open-neural-scorers.js";
import type { PairFields } from "./pair-lines.js";
import type { ScoredBlock } from "./score-block.js";
import { openScoreLines } from "./score-lines.js";
import { type BlockResult, createScorePool, type ScorePool } from "./score-pool.js";
import { createSummaryTaker, type ScoreSummary } from "./score-summary.js";
import { walkBlocks } from "./walk-blocks.js";

export interface ScoreFileOptions {
  /** JSON Lines with an id and two texts. */
  readonly file: string;
  readonly metrics: readonly string[];
  readonly options: LexicalOptions;
  /** For `sbert` and `bertscore`. */
  readonly neural?: NeuralChoice;
  /** TF-IDF over a corpus is fitted on this file instead of the one scored. */
  readonly fitOn?: string | null;
  /** A file, which an interrupted start leaves good and the next one goes on with; or who takes the lines. */
  readonly out: string | ((lines: Uint8Array) => Promise<void>);
  /** File for means, deviations, counts, intervals and protocols. */
  readonly summary?: string | null;
  /** Whether the summary given back has bootstrap intervals too; one that is written always has. */
  readonly withIntervals?: boolean;
  /** Of the bootstrap, as given to `numpy.random.seed`. */
  readonly seed: number;
  readonly threads: number;
  readonly referenceField: string;
  readonly hypothesisField: string;
  /** Pairs of the whole job where the file is only a part of it; what a server would need is told for these. */
  readonly jobPairs?: number;
  readonly say: (sentence: string) => void;
  readonly onProgress: (progress: ScoreFileProgress) => void;
  /** Aborted: what was read is finished and kept. */
  readonly signal?: AbortSignal | null;
}

export interface ScoreFileProgress {
  readonly doing: "fitting" | "scoring";
  readonly pairs: number;
  /** 0 to 1, null where the size is not known. */
  readonly share: number | null;
}

export interface ScoreFileDone {
  /** Null where the signal came first. */
  readonly summary: ScoreSummary | null;
  readonly pairs: number;
  /** Of them by earlier starts. */
  readonly pairsBefore: number;
}

/** A thread costs more to start than it saves below this. */
const BYTES_A_THREAD = 1 << 21;

/**
 * Scores every line of a file, in the order read. Throws a `UsageError` for metrics that cannot be, a `UserError` that names the
 * line for input that cannot be read; what was scored before it is kept.
 */
export async function scoreFile(job: ScoreFileOptions): Promise<ScoreFileDone> {
  const fields: PairFields = { reference: job.referenceField, hypothesis: job.hypothesisField };
  const names = splitNames(job.metrics);
  checkNeuralChoice(job.metrics, job.neural ?? noNeuralChoice);
  if (names.lexical.length > 0 || names.neural.length === 0) checkMetrics(names.lexical, job.options);
  checkLexicalChoice(job.metrics, job.options);
  const isFitted = needFit(names.lexical, job.options);
  if (job.fitOn != null && !isFitted) {
    throw new UsageError("--fit-on is for tfidf with --tfidf-scope corpus, which is not asked for");
  }
  const { size, threads } = await measure(job);
  const plan = await fitPlan(job, names.lexical, fields, isFitted, size, threads);
  if (plan === null) return { summary: null, pairs: 0, pairsBefore: 0 };
  const encoders = names.neural.length === 0 ? null : await openEncoders(job, fields, size);
  try {
    return await scoreWith({ job, fields, size, threads, plan, encoders });
  } finally {
    await encoders?.scorers.close();
  }
}

interface ScoreWork {
  readonly job: ScoreFileOptions;
  readonly fields: PairFields;
  readonly size: number | null;
  readonly threads: number;
  readonly plan: LexicalPlan;
  readonly encoders: Encoders | null;
}

async function scoreWith({ job, fields, size, threads, plan, encoders }: ScoreWork): Promise<ScoreFileDone> {
  const lexical = plan.metrics.length === 0 ? [] : createLexicalScorer(plan).metrics;
  const neural = encoders?.scorers.scorers ?? [];
  const metrics = job.metrics.map((name) => findMetric(name, lexical, neural));
  const wantsIntervals = job.summary != null || job.withIntervals === true;
  const taker = createSummaryTaker(metrics, wantsIntervals ? job.seed : null);
  const lines = await openScoreLines({
    file: job.file,
    out: job.out,
    size,
    fields,
    metrics,
    taker,
    say: job.say,
    onScored: ({ pairs, share }) => job.onProgress({ doing: "scoring", pairs, share }),
  });
  const threaded = lexical.length === 0 ? null : createScorePool({ kind: "score", fields, plan }, threads);
  const pool = encoders?.join(threaded, metrics) ?? threaded ?? createScorePool({ kind: "score", fields, plan }, 1);
  let isWhole = false;
  try {
    isWhole = await walkBlocks<ScoredBlock>(pool, {
      file: job.file,
      from: lines.start.inputBytes,
      // A block of a slow metric is small, so that little is lost and a stop is soon.
      ...(encoders === null ? { threads } : { threads: encoders.ahead, blockBytes: 1 << 17 }),
      signal: job.signal ?? null,
      isResult: (result: BlockResult): result is ScoredBlock => "output" in result,
      onRead: lines.read,
      onResult: lines.finish,
    });
  } catch (error) {
    // What went wrong first is what a person should read.
    await lines.close(false).catch(() => undefined);
    throw error;
  } finally {
    await pool.close();
  }
  await lines.close(isWhole);
  const pairs = lines.pairs();
  if (!isWhole) return { summary: null, pairs, pairsBefore: lines.start.pairs };
  const summary = taker.summarise({
    file: job.file,
    fields,
    seen: lines.seen(),
    withEncoders: neural.map(({ name }) => name),
  });
  if (job.summary != null) await writeSummary(job.summary, summary);
  return { summary, pairs, pairsBefore: lines.start.pairs };
}

async function measure({ file, threads }: ScoreFileOptions): Promise<{ size: number | null; threads: number }> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) return { size: null, threads };
  return { size: found.size, threads: Math.max(1, Math.min(threads, Math.ceil(found.size / BYTES_A_THREAD))) };
}

/** Null where the signal ended the fitting. */
async function fitPlan(
  job: ScoreFileOptions,
  metrics: readonly string[],
  fields: PairFields,
  isFitted: boolean,
  size: number | null,
  threads: number,
): Promise<LexicalPlan | null> {
  const { options } = job;
  if (!isFitted) return { metrics, options, tfidfFit: null };
  if (job.fitOn == null) await mustReadTwice(job.file, "tfidf over a corpus reads it twice; give a file, or --fit-on");
  const tfidfFit = await fitCorpus({
    file: job.fitOn ?? job.file,
    fields,
    threads: job.fitOn == null || size === null ? threads : job.threads,
    signal: job.signal ?? null,
    onPairs: (pairs) => job.onProgress({ doing: "fitting", pairs, share: null }),
  });
  return tfidfFit === null ? null : { metrics, options, tfidfFit };
}

/** Which of the metrics need an encoder. A name that is neither is left to the lexical ones, who refuse it. */
function splitNames(names: readonly string[]): { readonly lexical: string[]; readonly neural: string[] } {
  return {
    lexical: names.filter((name) => !neuralNames.includes(name)),
    neural: names.filter((name) => neuralNames.includes(name)),
  };
}

/** A server that was let off scores under another name than the one asked for. */
function findMetric(name: string, lexical: readonly MetricFacts[], neural: readonly MetricFacts[]): MetricFacts {
  const found =
    lexical.find((metric) => metric.name === name) ??
    neural.find((metric) => metric.name === name || metric.name === `${name}-served`);
  if (found === undefined) throw new Error(`the metric ${name} was not made`);
  return found;
}

/** Encoders on their way to be joined with the other metrics. */
interface Encoders {
  readonly scorers: NeuralScorers;
  /** Blocks to keep on their way, in threads' worth. */
  readonly ahead: number;
  readonly join: (lexical: ScorePool | null, metrics: readonly MetricFacts[]) => ScorePool;
}

async function openEncoders(job: ScoreFileOptions, fields: PairFields, size: number | null): Promise<Encoders> {
  const choice = job.neural ?? noNeuralChoice;
  if (choice.idf) await mustReadTwice(job.file, "bertscore with --idf reads it twice; give a file");
  const first = { bytes: 0, pairs: 0 };
  const filePairs = () => (size === null || first.bytes === 0 ? null : Math.round((size / first.bytes) * first.pairs));
  const expectedPairs = () => job.jobPairs ?? filePairs();
  const { file, metrics, threads, say } = job;
  const scorers = await openFileScorers({ file, fields, metrics, choice, threads, say, expectedPairs });
  return {
    scorers,
    ahead: Math.ceil(scorers.workers.count / 6),
    join: (lexical, all) =>
      createMixedPool({
        fields,
        metrics: all,
        lexical,
        neural: scorers.scorers,
        onBlock: (block) => {
          if (first.bytes === 0) Object.assign(first, block);
        },
      }),
  };
}

async function writeSummary(path: string, summary: ScoreSummary): Promise<void> {
  await writeFile(path, `${JSON.stringify(summary, null, 2)}\n`).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path} cannot be written (${error.code})`);
  });
}
