import { createHash, type Hash } from "node:crypto";
import { stat } from "node:fs/promises";
import { type MetricFacts, type Score, UserError } from "../records/index.js";
import type { SeenByMetric } from "./neural/neural-scorer.js";
import { isBlank } from "./pair-lines.js";
import { readBlocks } from "./read-blocks.js";
import { pushId, pushValues } from "./score-block.js";
import { compareSidecars, readSidecar, type ScoreSidecar, sidecarPath } from "./score-sidecar.js";

/** Where scoring begins. */
export interface ScoreStart {
  readonly pairs: number;
  readonly lines: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Over the input's first `inputBytes` bytes. */
  readonly inputHash: Hash;
  /** By metric, how much of the texts its encoder saw; empty where that is not known or no metric has one. */
  readonly seen: SeenByMetric;
}

export function freshStart(): ScoreStart {
  return { pairs: 0, lines: 0, inputBytes: 0, outputBytes: 0, inputHash: createHash("sha256"), seen: {} };
}

export interface FindStartOptions {
  readonly file: string;
  readonly out: string;
  readonly metrics: readonly MetricFacts[];
  readonly wanted: ScoreSidecar;
  /** Called with what was scored before, some pairs at a time: their ids (line 0) and the columns of their scores. */
  readonly onScored: (ids: Uint32Array, values: Float64Array, pairs: number) => void;
}

/**
 * Finds where an earlier start left off: at the last line that is whole in the output and covered by the sidecar. Throws a
 * `UserError` where the output holds other scores, or the input it was made from has changed.
 */
export async function findStart(options: FindStartOptions): Promise<ScoreStart> {
  const { file, out } = options;
  const found = await stat(out).catch(() => null);
  const sidecar = await readSidecar(out);
  if (found === null || found.size === 0) return freshStart();
  if (sidecar === null) {
    throw new UserError(
      `${out} exists and was not written by metrics (${sidecarPath(out)} is missing); give another --out, or remove it`,
    );
  }
  compareSidecars(out, sidecar, options.wanted);
  const kept = await readScored(options, sidecar);
  return await findPlace(file, out, kept, sidecar);
}

interface KeptScores {
  readonly pairs: number;
  readonly outputBytes: number;
}

/** Reads the whole lines of the output that the sidecar covers. */
async function readScored(options: FindStartOptions, sidecar: ScoreSidecar): Promise<KeptScores> {
  const { out, metrics, onScored } = options;
  let pairs = 0;
  let outputBytes = 0;
  for await (const { bytes } of readBlocks(out, 0, sidecar.progress.outputBytes)) {
    const ids: number[] = [];
    const values: number[] = [];
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(0x0a, start) + 1;
      const row = end === 0 ? null : readScores(bytes.toString("utf8", start, end));
      if (row === null) break;
      pushId(ids, { id: JSON.stringify(row.id), line: 0 });
      for (const metric of metrics) pushValues(values, row[metric.name] as Score, metric.shape === "prf");
      start = end;
    }
    const read = ids.length / 4;
    onScored(Uint32Array.from(ids), Float64Array.from(values), read);
    pairs += read;
    outputBytes += start;
    if (start < bytes.length) break;
  }
  return { pairs, outputBytes };
}

function readScores(line: string): Record<string, unknown> | null {
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === "object" && row !== null && "id" in row ? { ...row } : null;
  } catch {
    return null;
  }
}

/** Finds the end of the input's line that the last kept score belongs to, and checks what the sidecar covers against its hash. */
async function findPlace(file: string, out: string, kept: KeptScores, sidecar: ScoreSidecar): Promise<ScoreStart> {
  const { progress } = sidecar;
  const hash = createHash("sha256");
  let start: ScoreStart | null = kept.pairs === 0 ? { ...freshStart(), ...kept } : null;
  let pairs = 0;
  let lines = 0;
  for await (const { bytes, end } of readBlocks(file, 0, progress.inputBytes)) {
    let place = 0;
    while (start === null && place < bytes.length) {
      const feed = bytes.indexOf(0x0a, place);
      const next = feed < 0 ? bytes.length : feed + 1;
      if (!isBlank(bytes.subarray(place, feed < 0 ? next : feed))) pairs += 1;
      lines += 1;
      place = next;
      if (pairs < kept.pairs) continue;
      const inputHash = hash.copy().update(bytes.subarray(0, place));
      // What was seen is known of all that the sidecar covers, not of a part of it.
      const seen = kept.pairs === progress.pairs ? (progress.seen ?? {}) : {};
      start = { ...kept, seen, lines, inputBytes: end - bytes.length + place, inputHash };
    }
    hash.update(bytes);
  }
  if (start === null || hash.digest("hex") !== progress.inputSha256) {
    throw new UserError(`${file} has changed since ${out} was begun; give another --out, or remove it to score anew`);
  }
  return start;
}
