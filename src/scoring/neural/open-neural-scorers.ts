import { type BertScore, type BertScoreOptions, openBertScore, prepareBertScore } from "./bertscore.js";
import { startEncoderPool } from "./encoder-pool.js";
import type { NeuralScorer } from "./neural-scorer.js";
import { openSbert, prepareSbert, type Sbert, type SbertOptions } from "./sbert.js";
import type { ServerSpeed } from "./server-check.js";

export interface NeuralPlan {
  /** Null where it is not asked for. */
  readonly sbert: SbertOptions | null;
  readonly bertscore: BertScoreOptions | null;
  /** Most workers; the cores where left out. Free memory may allow fewer. */
  readonly threads?: number;
  /** Called once for each server, when it was measured. */
  readonly measured?: (metric: string, speed: ServerSpeed) => void;
}

/** Encoders in threads, shared by the metrics asked for. */
export interface NeuralScorers {
  readonly sbert: Sbert | null;
  readonly bertscore: BertScore | null;
  readonly scorers: readonly NeuralScorer[];
  readonly workers: { readonly count: number; readonly copyWeights: boolean };
  close(): Promise<void>;
}

/** Reads the checkpoints and starts the threads. Throws a `UserError` that says what is wrong with a folder or server. */
export async function openNeuralScorers(plan: NeuralPlan): Promise<NeuralScorers> {
  const sbert = plan.sbert === null ? null : await prepareSbert(plan.sbert);
  const bertscore = plan.bertscore === null ? null : await prepareBertScore(plan.bertscore);
  const plans = [sbert, bertscore].flatMap((prepared) => (prepared === null ? [] : [prepared.checkpoint.plan]));
  const pool = startEncoderPool(plans, plan.threads);
  const measured = (metric: string) => (speed: ServerSpeed) => plan.measured?.(metric, speed);
  try {
    const opened = {
      sbert: sbert === null ? null : await openSbert(sbert, pool, 0, measured("sbert")),
      bertscore:
        bertscore === null ? null : await openBertScore(bertscore, pool, plans.length - 1, measured("bertscore")),
    };
    const both = [opened.sbert, opened.bertscore].filter((metric) => metric !== null);
    return {
      ...opened,
      scorers: both.map(({ scorer }) => scorer),
      workers: pool.workers,
      async close() {
        for (const metric of both) await metric.close();
        await pool.close();
      },
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}
