import { availableParallelism } from "node:os";
import { type NeuralChoice, type ScoreFileDone, type ScoreFileProgress, scoreFile } from "../scoring/index.js";

export interface ScoreMetricsOptions {
  readonly metrics: readonly string[];
  readonly stem: boolean;
  readonly tfidfScope: "pair" | "corpus" | null;
  readonly fitOn: string | null;
  /** For `sbert` and `bertscore`. */
  readonly neural: NeuralChoice;
  readonly out: string | ((lines: Uint8Array) => Promise<void>);
  readonly summary: string | null;
  readonly withIntervals: boolean;
  readonly seed: number;
  /** Null is one for each core. */
  readonly threads: number | null;
  readonly referenceField: string;
  readonly hypothesisField: string;
  readonly say: (sentence: string) => void;
  readonly onProgress: (progress: ScoreFileProgress) => void;
  readonly signal: AbortSignal;
}

export type { ScoreFileDone as ScoreMetricsDone };

/** Scores the lines of a file, each an id, a reference and a hypothesis. */
export async function scoreMetrics(file: string, options: ScoreMetricsOptions): Promise<ScoreFileDone> {
  const { stem, tfidfScope, threads, ...rest } = options;
  return scoreFile({ ...rest, file, options: { stem, tfidfScope }, threads: threads ?? availableParallelism() });
}
