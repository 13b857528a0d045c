import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { createInterface } from "node:readline";
import { AS_IS } from "../images/index.js";
import { PARSER_VERSION } from "../parsing/index.js";
import {
  type Asked,
  addEnding,
  type CellState,
  type Ended,
  type ModelSpec,
  type ParsedOutcome,
  type SampleImage,
  type Store,
  UserError,
  type Writer,
} from "../records/index.js";
import { type BatchResult, readBatchResult } from "../teachers/index.js";
import { endingOf } from "./ending-of.js";
import { judgeAnswer } from "./judge-answer.js";
import { openRun } from "./open-run.js";
import { readEnded } from "./read-ended.js";
import { type RunStatus, statusOf } from "./read-status.js";
import { positionsOf, type SettledEnding, settleCells } from "./settle-cells.js";
import { WHOLE } from "./shard.js";
import { Tallies } from "./tally.js";

export interface ReadBatchOptions {
  readonly say: (sentence: string) => void;
  readonly onProgress: (standing: { done: number; total: number | null; facts?: readonly string[] }) => void;
}

export interface BatchRead {
  readonly lines: number;
  /** Results that are in the ledger now; the next three are parts of it. */
  readonly read: number;
  readonly replies: number;
  /** Replies about cells that had their record already: kept and counted as attempts, never as a second record. */
  readonly late: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Results that were in the ledger already. */
  readonly readBefore: number;
  /** Results whose custom_id is not of a request in this run's ledger. */
  readonly unknown: number;
  /** Lines that are no result. */
  readonly unreadable: number;
  readonly status: RunStatus;
}

/** Records on their way to the disk at once: enough that one fsync covers many. */
const IN_FLIGHT = 256;

/**
 * Takes the results of batch files into the ledger, in any order, as often as one likes, half finished or not: each
 * request's first result counts, judged by the same table as live replies. What is still missing is asked by `run` or
 * cut anew by `writeBatch`.
 */
export async function readBatch(
  folder: string,
  files: readonly string[],
  options: ReadBatchOptions,
): Promise<BatchRead> {
  for (const file of files) await access(file).catch(refuseFile(file));
  const { store, header, images } = await openRun(folder, options.say);
  const tallies = new Tallies(header.models.map(({ name }) => name));
  const writer = await store.openWriter({
    shard: WHOLE,
    models: header.models.map(({ name }) => name),
    parserVersion: PARSER_VERSION,
    tries: Object.fromEntries(header.models.map(({ name, tries }) => [name, tries])),
    tallies: () => tallies.snapshot(),
    say: options.say,
  });
  const counts = { lines: 0, read: 0, replies: 0, late: 0, readBefore: 0, unknown: 0, unreadable: 0 };
  const faults: Record<string, number> = {};
  try {
    const models = new Map<string, ModelLedger>();
    for (const model of header.models) models.set(model.name, await readLedger(store, model, images));
    let waiting: Promise<void>[] = [];
    const flush = async () => {
      const all = waiting;
      waiting = [];
      await Promise.all(all);
    };
    for (const file of files) {
      const first = { unknown: "", unreadable: "" };
      const before = { ...counts };
      let number = 0;
      for await (const line of createInterface({
        input: createReadStream(file),
        crlfDelay: Number.POSITIVE_INFINITY,
      })) {
        number += 1;
        if (line.trim() === "") continue;
        counts.lines += 1;
        const result = readBatchResult(line.charCodeAt(0) === 0xfeff ? line.slice(1) : line);
        if (typeof result === "string") {
          counts.unreadable += 1;
          first.unreadable ||= `line ${number} ${result}`;
          continue;
        }
        const found = findRequest(result, header.run8, models);
        if (found === null) {
          counts.unknown += 1;
          first.unknown ||= `line ${number}: ${JSON.stringify(result.customId.slice(0, 120))}`;
          continue;
        }
        if (found.ledger.ended.has(found.asked.attempt)) {
          counts.readBefore += 1;
          continue;
        }
        found.ledger.ended.add(found.asked.attempt);
        const ended = endedOf(result, found.asked, found.ledger);
        const change = await settle(store, found.ledger, ended, flush);
        counts.read += 1;
        if (ended.fault === null) counts.replies += 1;
        else faults[ended.fault.kind] = (faults[ended.fault.kind] ?? 0) + 1;
        if (change === "late") counts.late += 1;
        waiting.push(record(writer, tallies, ended, change === "late" ? null : change));
        if (waiting.length >= IN_FLIGHT) await flush();
        options.onProgress({ done: counts.lines, total: null });
      }
      sayOddities(file, before, counts, first, options.say);
    }
    await flush();
  } finally {
    await writer.close();
  }
  return { ...counts, faults, status: await statusOf(store, header) };
}

/** What the ledger knows of one model: its batch requests, which attempts ended, and where each cell stands. */
interface ModelLedger {
  readonly model: ModelSpec;
  readonly requests: ReadonlyMap<string, Asked>;
  readonly ended: Set<string>;
  readonly cells: CellState<SettledEnding>[];
  readonly positions: ReadonlyMap<string, number>;
  readonly images: ReadonlyMap<string, SampleImage>;
}

async function readLedger(store: Store, model: ModelSpec, images: readonly SampleImage[]): Promise<ModelLedger> {
  const positions = positionsOf(images);
  const requests = new Map<string, Asked>();
  for await (const asked of store.batchRequests(model.name)) for (const each of asked) requests.set(each.attempt, each);
  const ended = new Set<string>();
  if (requests.size > 0) {
    for await (const rows of store.endings(model.name)) for (const { attempt } of rows) ended.add(attempt);
  }
  const cells = [...(await settleCells(store, model, positions))];
  return { model, requests, ended, cells, positions, images: new Map(images.map((image) => [image.id, image])) };
}

/** A custom_id is `<image>/<model>/<attempt>/<run8>`; nothing is believed that the ledger does not know. */
function findRequest(
  { customId }: BatchResult,
  run8: string,
  models: ReadonlyMap<string, ModelLedger>,
): { readonly ledger: ModelLedger; readonly asked: Asked } | null {
  const [image, model, attempt, run, ...rest] = customId.split("/");
  const ledger = models.get(model ?? "");
  const asked = ledger?.requests.get(attempt ?? "");
  if (ledger === undefined || asked === undefined) return null;
  return asked.image === image && run === run8 && rest.length === 0 ? { ledger, asked } : null;
}

function endedOf(result: BatchResult, asked: Asked, { model, images }: ModelLedger): Ended {
  const image = images.get(asked.image);
  const answer = result.answer({ endpoint: asked.endpoint, model: model.model, apiKey: null });
  const judgement = judgeAnswer(answer);
  return {
    ...asked,
    firstTokenAt: answer.firstTokenAt,
    endedAt: answer.endedAt,
    status: answer.status,
    reply: answer.reply,
    fault: judgement.fault,
    // Whether that server went on answering others cannot be probed afterwards; so only a fault of the cell's own counts.
    countsAsTry: judgement.charge === "always",
    // A picture that was made plain was made at the cutting, and its bytes are gone.
    preparedSha256: image?.preparation === AS_IS ? image.sha256 : null,
  };
}

interface OutcomeChange {
  readonly before: ParsedOutcome | null;
  readonly now: ParsedOutcome;
}

/** Adds an attempt to its cell and says what that does to the cell's outcome; `late` for a reply that came second. */
async function settle(
  store: Store,
  ledger: ModelLedger,
  ended: Ended,
  flush: () => Promise<void>,
): Promise<OutcomeChange | "late" | null> {
  const { model, cells, positions } = ledger;
  const position = positions.get(ended.image);
  const cell = position === undefined ? undefined : cells[position];
  if (position === undefined || cell === undefined) return null;
  const next = addEnding(cell, endingOf(ended), model.tries);
  cells[position] = next;
  if (next.accepted === cell.accepted && next.failed === cell.failed) return ended.fault === null ? "late" : null;
  const now = readEnded(ended, model.dialect).outcome;
  if (cell.accepted === null) return { before: cell.failed === null ? null : "failed", now };
  // Rare: a newer round replaces a record, whose text may still be on its way to the disk.
  await flush();
  const wanted = cell.accepted.attempt;
  for (const event of await store.attemptsOf(ended.image, model.name)) {
    if (event.event === "ended" && event.attempt === wanted)
      return { before: readEnded(event, model.dialect).outcome, now };
  }
  return { before: null, now };
}

async function record(writer: Writer, tallies: Tallies, ended: Ended, change: OutcomeChange | null): Promise<void> {
  await writer.ended(ended);
  tallies.countAttempt(ended);
  if (change !== null) tallies.countOutcome(ended.model, change.before, change.now);
}

type Counts = Pick<BatchRead, "unknown" | "unreadable">;

function sayOddities(
  file: string,
  before: Counts,
  now: Counts,
  first: { readonly unknown: string; readonly unreadable: string },
  say: (sentence: string) => void,
): void {
  const unknown = now.unknown - before.unknown;
  if (unknown > 0) say(`${file}: ${unknown} results are of no request of this run, the first ${first.unknown}`);
  const unreadable = now.unreadable - before.unreadable;
  if (unreadable > 0) say(`${file}: ${unreadable} lines are no results, the first: ${first.unreadable}`);
}

function refuseFile(file: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    const seen = error.code === "ENOENT" ? "does not exist" : `cannot be read (${error.code})`;
    throw new UserError(`${file} ${seen}; give the output files of the batch`);
  };
}
