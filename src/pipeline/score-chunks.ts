import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { MetricFacts, Score } from "../records/index.js";
import { type LexicalOptions, type NeuralChoice, outputError, type ScoreSummary, scoreFile } from "../scoring/index.js";

/** What decides the numbers. */
export interface ScoreChoice {
  readonly options: LexicalOptions;
  readonly neural: NeuralChoice;
  readonly threads: number;
}

/** One pair on its way to be scored. */
export interface ChunkPair {
  readonly comparison: number;
  readonly position: number;
}

/** Pairs gathered in a file, since the engine reads files with all cores. */
export interface Chunk {
  readonly pairs: readonly ChunkPair[];
  add(pair: ChunkPair, reference: string, hypothesis: string): Promise<void>;
  /** Scores what was added and takes the file away. Pairs that were not reached before the signal are left out. */
  score(
    metrics: readonly string[],
    choice: ScoreChoice,
    hooks: {
      /** Pairs of all chunks to come. */
      readonly jobPairs: number;
      readonly say: (sentence: string) => void;
      readonly signal: AbortSignal;
      readonly onPairs: (pairs: number) => void;
    },
  ): Promise<ScoredChunk>;
}

export interface ScoredChunk {
  /** For each pair reached, in order, one score a metric. */
  readonly scores: readonly (readonly Score[])[];
  /** Null where the signal came first. */
  readonly summary: ScoreSummary | null;
}

/** A folder in the run for files of pairs; removed in the end, and by the next start where this one was killed. */
export async function openWorkFolder(run: string): Promise<{ readonly path: string; close(): Promise<void> }> {
  const scores = join(run, "scores");
  await mkdir(scores, { recursive: true });
  const mine = `.work-${hostname()}-`;
  for (const name of await readdir(scores)) {
    if (name.startsWith(mine) && !isAlive(Number(name.slice(mine.length)))) {
      await rm(join(scores, name), { recursive: true, force: true });
    }
  }
  const path = join(scores, `${mine}${process.pid}`);
  await mkdir(path, { recursive: true });
  return { path, close: () => rm(path, { recursive: true, force: true }) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** In UTF-16 units. */
const WRITE_LENGTH = 256 * 1024;

export function openChunk(folder: string, name: string): Chunk {
  const path = join(folder, `${name}.jsonl`);
  const pairs: ChunkPair[] = [];
  let waiting = "";
  let flag = "w";
  const write = async () => {
    const text = waiting;
    waiting = "";
    await writeFile(path, text, { flag }).catch((error) => {
      throw outputError(path, error);
    });
    flag = "a";
  };
  return {
    pairs,
    async add(pair, reference, hypothesis) {
      waiting += `${JSON.stringify({ id: String(pairs.length), reference, hypothesis })}\n`;
      pairs.push(pair);
      if (waiting.length >= WRITE_LENGTH) await write();
    },
    async score(metrics, { options, neural, threads }, { jobPairs, say, signal, onPairs }) {
      await write();
      const scores: (readonly Score[])[] = [];
      const lines = takeLines((line) => scores.push(scoresOf(line, metrics.length)));
      const { summary } = await scoreFile({
        file: path,
        metrics,
        options: optionsFor(metrics, options),
        neural: choiceFor(metrics, neural),
        out: lines,
        seed: 0,
        threads,
        referenceField: "reference",
        hypothesisField: "hypothesis",
        jobPairs,
        say,
        signal,
        onProgress: ({ doing, pairs: done }) => onPairs(doing === "scoring" ? done : 0),
      }).finally(() => rm(path, { force: true }));
      return { scores, summary };
    },
  };
}

/** What the metrics are under these choices, found out on a file without pairs: checkpoints are opened, nothing is scored. */
export async function readMetricFacts(
  folder: string,
  metrics: readonly string[],
  choice: ScoreChoice,
): Promise<readonly MetricFacts[]> {
  const hooks = { jobPairs: 0, say: () => {}, signal: new AbortController().signal, onPairs: () => {} };
  const { summary } = await openChunk(folder, "none").score(metrics, choice, hooks);
  return factsOf(summary, metrics);
}

/** In the order of the names asked for, which a server that was let off may have extended. */
export function factsOf(summary: ScoreSummary | null, metrics: readonly string[]): readonly MetricFacts[] {
  const found = Object.entries(summary?.metrics ?? {});
  return metrics.flatMap((asked) => {
    const [name, facts] = found.find(([key]) => key === asked || key === `${asked}-served`) ?? [];
    if (name === undefined || facts === undefined) return [];
    const { signature, protocol } = facts;
    return [{ name, signature, protocol, shape: /^(rouge|bertscore)/.test(name) ? "prf" : "one" } as const];
  });
}

/** A choice that has no effect on the metrics is refused by the engine, so each gets its own. */
function optionsFor(metrics: readonly string[], { stem = false, tfidfScope = null }: LexicalOptions): LexicalOptions {
  return {
    stem: stem && metrics.some((name) => name.startsWith("rouge")),
    tfidfScope: metrics.includes("tfidf") ? tfidfScope : null,
  };
}

/** The same for those that need an encoder. */
function choiceFor(metrics: readonly string[], choice: NeuralChoice): NeuralChoice {
  const { sbert, sbertServer, cache, serverTolerance, ...bert } = choice;
  const hasSbert = metrics.includes("sbert");
  const hasBert = metrics.includes("bertscore");
  const served = (hasSbert && sbertServer !== null) || (hasBert && bert.bertscoreServer !== null);
  return {
    ...(hasSbert ? { sbert, sbertServer, cache } : { sbert: null, sbertServer: null, cache: null }),
    ...(hasBert
      ? bert
      : { bertscore: null, bertscoreServer: null, layer: null, idf: false, baseline: null, prefixSpace: false }),
    serverTolerance: served ? serverTolerance : null,
  };
}

function scoresOf(line: string, count: number): readonly Score[] {
  const { id: _, ...fields } = JSON.parse(line) as { readonly id: string } & Readonly<Record<string, Score>>;
  return Object.values<Score>(fields).slice(0, count).map(wholeScore);
}

/** NaN inside a score is bert_score's word for not defined; JSON makes it null. */
function wholeScore(score: Score): Score {
  if (score === null || typeof score === "number") return score;
  const { precision, recall, f1 } = score as { readonly [key in keyof typeof score]: number | null };
  return precision === null || recall === null || f1 === null ? null : { precision, recall, f1 };
}

function takeLines(take: (line: string) => void): (bytes: Uint8Array) => Promise<void> {
  return async (bytes) => {
    for (const line of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8").split("\n")) {
      if (line !== "") take(line);
    }
  };
}
