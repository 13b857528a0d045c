import { open, readFile, rename } from "node:fs/promises";
import { type MetricFacts, TOOL_VERSION, UserError } from "../records/index.js";
import type { SeenByMetric } from "./neural/neural-scorer.js";
import type { PairFields } from "./pair-lines.js";
import { outputError } from "./score-output.js";

/** How far a file of scores has come: what lies before these points belongs together and is on disk. */
export interface ScoreProgress {
  readonly pairs: number;
  /** Lines of the input, blank ones too. */
  readonly lines: number;
  readonly inputBytes: number;
  /** Of the input's first `inputBytes` bytes. */
  readonly inputSha256: string;
  readonly outputBytes: number;
  /** By metric, how much of the texts its encoder saw; absent where no metric has one. */
  readonly seen?: SeenByMetric;
}

/** What stands beside a file of scores: the protocol of its numbers, and how far it has come. */
export interface ScoreSidecar {
  readonly format: 1;
  readonly tool: string;
  readonly fields: PairFields;
  readonly metrics: readonly MetricFacts[];
  readonly progress: ScoreProgress;
  readonly complete: boolean;
}

export function sidecarPath(out: string): string {
  return `${out}.protocol.json`;
}

export function describeScores(
  metrics: readonly MetricFacts[],
  fields: PairFields,
  progress: ScoreProgress,
  complete: boolean,
): ScoreSidecar {
  return {
    format: 1,
    tool: `imagenet-think ${TOOL_VERSION}`,
    fields,
    metrics: metrics.map(({ name, shape, signature, protocol }) => ({ name, shape, signature, protocol })),
    progress,
    complete,
  };
}

/** Replaces the sidecar, so that a reader has the old one or the new one. */
export async function writeSidecar(out: string, sidecar: ScoreSidecar): Promise<void> {
  const path = sidecarPath(out);
  try {
    const temporary = `${path}.tmp`;
    const file = await open(temporary, "w");
    try {
      await file.writeFile(`${JSON.stringify(sidecar, null, 1)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    throw outputError(path, error as NodeJS.ErrnoException);
  }
}

/** Null where there is none. */
export async function readSidecar(out: string): Promise<ScoreSidecar | null> {
  const path = sidecarPath(out);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new UserError(`${path} cannot be read (${error.code})`);
  });
  if (text === null) return null;
  try {
    const sidecar = JSON.parse(text) as ScoreSidecar;
    if (sidecar.format === 1 && typeof sidecar.progress.inputSha256 === "string") return sidecar;
  } catch {
    // Said below.
  }
  throw new UserError(`${path} is not a protocol of this version's metrics; remove it with ${out} to score anew`);
}

/** Throws a `UserError` that says how scores asked for differ from those that are there. */
export function compareSidecars(out: string, found: ScoreSidecar, wanted: ScoreSidecar): void {
  const refuse = (difference: string): never => {
    throw new UserError(`${out} holds other scores: ${difference}; give another --out, or remove it to score anew`);
  };
  const [had, wants] = [found, wanted].map(({ fields }) => `${fields.reference} and ${fields.hypothesis}`);
  if (had !== wants) refuse(`of the fields ${had}, not ${wants}`);
  const [names, wantedNames] = [found, wanted].map(({ metrics }) => metrics.map(({ name }) => name).join(","));
  if (names !== wantedNames) refuse(`${names}, not ${wantedNames}`);
  for (const [place, metric] of wanted.metrics.entries()) {
    const other = found.metrics[place];
    if (JSON.stringify(other) === JSON.stringify(metric)) continue;
    const isRefitted = metric.protocol.fitSha256 !== other?.protocol.fitSha256;
    refuse(
      `${other?.signature}, not ${metric.signature}${isRefitted ? " (the texts it is fitted on have changed)" : ""}`,
    );
  }
}
