import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type MetricColumns, type ModelTable, measureModels } from "../analysis/index.js";
import { type RunHeader, suggestName, UsageError, UserError } from "../records/index.js";
import {
  checkLexicalChoice,
  checkNeuralChoice,
  lexicalNames,
  type NeuralChoice,
  neuralNames,
} from "../scoring/index.js";
import { listScoreTables, scoreTable } from "../store/index.js";
import { importScores } from "./import-scores.js";
import { columnsOf } from "./metric-columns.js";
import { type OpenedRun, openRun } from "./open-run.js";
import { countKept, scoreBoards } from "./score-boards.js";
import { openWorkFolder, readMetricFacts, type ScoreChoice } from "./score-chunks.js";
import { mapPairs, openBoard, type PairMap, planComparisons, type ScoreBoard } from "./score-plan.js";
import { writeScoreSummary } from "./score-summary-file.js";
import { clusterImages, PARTS, type SurveyedModel, surveyTexts } from "./survey-texts.js";

export interface ScoreRunOptions {
  /** Empty takes what the other choices allow. */
  readonly metrics: readonly string[];
  readonly stem: boolean;
  readonly tfidfScope: "pair" | "corpus" | null;
  readonly neural: NeuralChoice;
  /** A file of numbers computed elsewhere; null scores here. */
  readonly importFrom: string | null;
  /** What ranks are against in signatures and plot: a teacher, `mean` or `max`; null is `mean`, or the only teacher. */
  readonly against: string | null;
  readonly seed: number;
  readonly resamples: number;
  /** Null is one for each core. */
  readonly threads: number | null;
  readonly say: (sentence: string) => void;
  /** Pictures while `reading`, scores while `scoring`. */
  readonly onProgress: (progress: {
    readonly doing: "reading" | "scoring";
    readonly done: number;
    readonly total: number;
  }) => void;
  readonly signal: AbortSignal;
}

export interface ScoreRunDone {
  /** Null where the signal came first. */
  readonly table: ModelTable | null;
  /** Pairs scored by this start, over all metrics. */
  readonly scored: number;
  /** Pairs that an earlier start had scored, and whose scores stand. */
  readonly kept: number;
  /** Where the scores lie. */
  readonly folder: string;
}

const CONFIDENCE = 0.95;

/**
 * Measures every candidate against every teacher and the teachers against each other, thinking with thinking and answer with
 * answer, on cells both answered, paired by image. What was scored before and still holds is kept.
 */
export async function scoreRun(folder: string, options: ScoreRunOptions): Promise<ScoreRunDone> {
  const run = await openRun(folder, options.say);
  if (run.images.length === 0)
    throw new UserError(`${folder} has no pictures yet; \`imagenet-think run\` asks about some`);
  checkAgainst(run.header, options.against);
  const comparisons = planComparisons(run.header.models);
  const total = run.images.length;
  const models = await surveyTexts(run, (done) => options.onProgress({ doing: "reading", done, total }));
  const pairs = mapPairs(comparisons, models, run.images);
  if (options.importFrom !== null) {
    const scored = await importScores(run, options.importFrom, pairs, options.say);
    return { ...(await measure(run, models, await openAllBoards(run, pairs), pairs, options)), scored, kept: 0 };
  }
  const metrics = chooseMetrics(options);
  const choice: ScoreChoice = {
    options: { stem: options.stem, tfidfScope: options.tfidfScope },
    neural: options.neural,
    threads: options.threads ?? availableParallelism(),
  };
  const work = await openWorkFolder(run.store.path);
  try {
    const facts = await readMetricFacts(work.path, metrics, choice);
    const boards: ScoreBoard[] = [];
    for (const part of PARTS) {
      for (const metric of facts) {
        boards.push(await openBoard(part, metric, scoreTable(run.store.path, part, metric), pairs));
      }
    }
    const job = { run, work: work.path, boards, pairs, choice };
    const kept = countKept(job);
    const scored = await scoreBoards(job, options);
    if (options.signal.aborted) return { table: null, scored, kept, folder: join(run.store.path, "scores") };
    return { ...(await measure(run, models, await openAllBoards(run, pairs), pairs, options)), scored, kept };
  } finally {
    await work.close();
  }
}

function checkAgainst({ models }: RunHeader, against: string | null): void {
  const teachers = models.filter(({ role }) => role === "teacher").map(({ name }) => name);
  const known = teachers.length > 1 ? [...teachers, "mean", "max"] : teachers;
  if (against === null || known.includes(against)) return;
  throw new UsageError(`--against ${against}: the run knows ${known.join(", ")}`);
}

/** The paper's metrics, as far as the choices allow. Throws a `UsageError` for a choice that would have no effect. */
function chooseMetrics({ metrics: asked, stem, tfidfScope, neural }: ScoreRunOptions): readonly string[] {
  const fromChoices = [
    "rouge-1",
    "rouge-l",
    "jaccard",
    "overlap",
    ...(tfidfScope === null ? [] : ["tfidf"]),
    ...(neural.sbert === null ? [] : ["sbert"]),
    ...(neural.bertscore === null ? [] : ["bertscore"]),
  ];
  const metrics = asked.length > 0 ? asked : fromChoices;
  const known = [...lexicalNames, ...neuralNames];
  const unknown = metrics.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`"${unknown}" is not a metric${suggestName(unknown, known)}`);
  checkNeuralChoice(metrics, neural);
  checkLexicalChoice(metrics, { stem, tfidfScope });
  return metrics;
}

/** Every table there is: what an earlier start scored, or another program, stands beside what was scored now. */
async function openAllBoards(run: OpenedRun, pairs: PairMap): Promise<ScoreBoard[]> {
  const boards: ScoreBoard[] = [];
  for (const part of PARTS) {
    for (const table of await listScoreTables(run.store.path, part)) {
      const facts = await table.readFacts();
      if (facts !== null) boards.push(await openBoard(part, facts, table, pairs));
    }
  }
  return boards;
}

async function measure(
  run: OpenedRun,
  models: readonly SurveyedModel[],
  boards: readonly ScoreBoard[],
  pairs: PairMap,
  options: ScoreRunOptions,
): Promise<Pick<ScoreRunDone, "table" | "folder">> {
  const metrics: MetricColumns[] = [];
  for (const board of boards) metrics.push(await columnsOf(board, pairs));
  const table = measureModels(
    {
      images: run.images.length,
      ...clusterImages(run.images),
      models: models.map(({ texts, ...model }) => ({
        ...model,
        hasText: { thinking: flags(texts.thinking), answer: flags(texts.answer) },
      })),
      metrics,
    },
    { seed: options.seed, resamples: options.resamples, confidence: CONFIDENCE, against: options.against },
  );
  await writeScoreSummary(run, table);
  return { table, folder: join(run.store.path, "scores") };
}

function flags(texts: Uint32Array): Uint8Array {
  return Uint8Array.from(texts, (bits) => (bits === 0 ? 0 : 1));
}
