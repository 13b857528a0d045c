import { PARSER_VERSION } from "../parsing/index.js";
import {
  addEnding,
  BATCH_ENDPOINT,
  type CellState,
  countOutcomes,
  EMPTY_CELL,
  type Ended,
  type EndpointState,
  type ModelSpec,
  type ModelTally,
  type Outcome,
  type ParsedOutcome,
  type RunHeader,
  type Store,
  type WriterInfo,
} from "../records/index.js";
import { EMPTY_TALLY, runTallies } from "../store/index.js";
import { endingOf } from "./ending-of.js";
import { openRun } from "./open-run.js";
import { readEnded } from "./read-ended.js";
import { positionsOf, type SettledEnding, settleCells } from "./settle-cells.js";
import { cellsByImage } from "./stream-pairs.js";
import { Tallies } from "./tally.js";

/** One model's row of the arithmetic. */
export type ModelStatus = { readonly role: ModelSpec["role"] } & Readonly<Record<Outcome, number>> & {
    readonly attempts: number;
    readonly promptTokens: number;
    readonly completionTokens: number;
    /** Faults by kind. */
    readonly faults: Readonly<Record<string, number>>;
  };

/** The arithmetic of a run: images × models = the six outcomes, always. */
export interface RunStatus {
  readonly name: string;
  readonly images: number;
  readonly cells: number;
  readonly complete: boolean;
  readonly models: Readonly<Record<string, ModelStatus>>;
  readonly rejected: Readonly<Record<string, number>>;
  readonly notDrawn: number;
  /** Since the writers that are at work started; null while none is. */
  readonly perSecond: { readonly cells: number; readonly tokens: number } | null;
  readonly secondsLeft: number | null;
  /** Between these the rest should take (95 %, widened by how the pace has changed); null while too little is known. */
  readonly secondsLeftRange: readonly [number, number] | null;
  /** The endpoints that writers at work ask now. */
  readonly endpoints: readonly EndpointState[];
  /** Sentences a person should read. */
  readonly notes: readonly string[];
}

/** The state of a run, from small files only; also while other processes write it. */
export async function readStatus(folder: string, say: (sentence: string) => void): Promise<RunStatus> {
  const { store, header } = await openRun(folder, say);
  return statusOf(store, header);
}

export async function statusOf(store: Store, header: RunHeader): Promise<RunStatus> {
  const notes: string[] = [];
  const { models, sameParser } = await runTallies(store, {
    parserVersion: PARSER_VERSION,
    tallyTail: (model, ended) => tallyTail(store, header, model, ended),
    say: (sentence) => notes.push(sentence),
  });
  const facts = await store.readSampleFacts();
  const images = facts?.images ?? 0;
  const counted = sameParser ? null : await countAgain(store, header);
  if (counted !== null) notes.push(`outcomes were counted again with parser ${PARSER_VERSION}`);
  const rows = header.models.map((model): [string, ModelStatus] => {
    const tally = models[model.name] ?? EMPTY_TALLY;
    const outcomes = counted?.get(model.name) ?? withMissing(tally, images);
    const { attempts, promptTokens, completionTokens, faults } = tally;
    return [model.name, { role: model.role, ...outcomes, attempts, promptTokens, completionTokens, faults }];
  });
  const missing = rows.reduce((sum, [, model]) => sum + model.missing, 0);
  const atWork = writersAtWork(await store.writers());
  const perSecond = ratesOf(atWork);
  const endpoints = atWork.flatMap((writer) => writer.endpoints ?? []);
  return {
    name: header.name,
    images,
    cells: images * header.models.length,
    complete: facts !== null && missing === 0,
    models: Object.fromEntries(rows),
    rejected: facts?.rejected ?? {},
    notDrawn: facts?.notDrawn ?? 0,
    perSecond,
    secondsLeft: perSecond !== null && perSecond.cells > 0 ? Math.round(missing / perSecond.cells) : null,
    secondsLeftRange: perSecond === null ? null : rangeLeft(missing, perSecond, atWork, endpoints),
    endpoints,
    notes: facts === null ? [...notes, "the sample is not drawn yet"] : notes,
  };
}

function withMissing(tally: ModelTally, images: number): Readonly<Record<Outcome, number>> {
  const final = Object.values(tally.outcomes).reduce((sum, count) => sum + count, 0);
  return { ...tally.outcomes, missing: images - final };
}

/** Reads every reply with today's parser, where the writers counted with another. */
async function countAgain(store: Store, header: RunHeader): Promise<ReadonlyMap<string, Record<Outcome, number>>> {
  const images = (await store.readSample()) ?? [];
  const counts = new Map(header.models.map((model) => [model.name, countOutcomes()]));
  for await (const cells of cellsByImage(store, header.models, images)) {
    for (const { pair } of cells) {
      const row = counts.get(pair.model);
      if (row !== undefined) row[pair.outcome] += 1;
    }
  }
  return counts;
}

/**
 * Counts the attempts a writer could no longer count itself. Only an attempt that ended a cell changes an outcome, and
 * whether it did is asked of the cell's own history; that is rare enough to be looked up.
 */
async function tallyTail(store: Store, header: RunHeader, name: string, ended: readonly Ended[]): Promise<ModelTally> {
  const model = header.models.find((known) => known.name === name);
  const tallies = new Tallies([name]);
  // The result of a batch file may come late, when its cell has a record from elsewhere: all other attempts at once tell.
  const isBatched = ended.some((attempt) => attempt.endpoint.startsWith(BATCH_ENDPOINT));
  const speaking = model !== undefined && isBatched ? await acceptedAtOnce(store, model) : null;
  for (const attempt of ended) {
    tallies.countAttempt(attempt);
    if (model === undefined) continue;
    const isPlain = attempt.fault === null && attempt.round === 0 && (speaking?.has(attempt.attempt) ?? true);
    if (isPlain) tallies.countOutcome(name, null, readEnded(attempt, model.dialect).outcome);
    else if (attempt.fault === null || attempt.countsAsTry) {
      const change = await outcomeChange(store, model, attempt);
      if (change !== null) tallies.countOutcome(name, change.before, change.now);
    }
  }
  return tallies.snapshot()[name] ?? EMPTY_TALLY;
}

/** The attempts that were their cell's first reply with no counted fault before them. */
async function acceptedAtOnce(store: Store, model: ModelSpec): Promise<ReadonlySet<string>> {
  const images = (await store.readSample()) ?? [];
  const cells = await settleCells(store, model, positionsOf(images));
  return new Set(
    cells.flatMap(({ accepted, tries, round }) =>
      accepted !== null && tries === 0 && round === 0 ? [accepted.attempt] : [],
    ),
  );
}

interface OutcomeChange {
  readonly before: ParsedOutcome | null;
  readonly now: ParsedOutcome;
}

/** What one attempt did to the outcome of its cell; null where it changed nothing. */
async function outcomeChange(store: Store, model: ModelSpec, attempt: Ended): Promise<OutcomeChange | null> {
  let cell: CellState<SettledEnding> = EMPTY_CELL;
  let before: ParsedOutcome | null = null;
  for (const event of await store.attemptsOf(attempt.image, model.name)) {
    if (event.event !== "ended") continue;
    const next = addEnding(cell, endingOf(event), model.tries);
    const speaks = next.accepted !== cell.accepted || next.failed !== cell.failed;
    const now: ParsedOutcome | null = speaks ? readEnded(event, model.dialect).outcome : before;
    if (event.attempt === attempt.attempt) return speaks && now !== null ? { before, now } : null;
    cell = next;
    before = now;
  }
  return null;
}

function writersAtWork(writers: readonly WriterInfo[]): readonly WriterInfo[] {
  return writers.filter((writer) => writer.state === "writing" && Date.now() - Date.parse(writer.heartbeatAt) < 60_000);
}

/** Mean rates of the writers at work, since each started. */
function ratesOf(atWork: readonly WriterInfo[]): RunStatus["perSecond"] {
  if (atWork.length === 0) return null;
  let cells = 0;
  let tokens = 0;
  for (const writer of atWork) {
    const seconds = Math.max(1, (Date.parse(writer.heartbeatAt) - Date.parse(writer.startedAt)) / 1000);
    for (const tally of Object.values(writer.tallies)) {
      cells += finalCells(tally) / seconds;
      tokens += tally.completionTokens / seconds;
    }
  }
  return { cells, tokens };
}

function finalCells({ outcomes }: ModelTally): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}

/** Fewer cells than this say nothing about the rest. */
const FEW_CELLS = 10;

/** From the mean pace with its counting error, and from the pace of late where that differs more. */
function rangeLeft(
  missing: number,
  perSecond: NonNullable<RunStatus["perSecond"]>,
  atWork: readonly WriterInfo[],
  endpoints: readonly EndpointState[],
): RunStatus["secondsLeftRange"] {
  const done = atWork.reduce(
    (sum, { tallies }) => sum + Object.values(tallies).reduce((cells, tally) => cells + finalCells(tally), 0),
    0,
  );
  if (done < FEW_CELLS || perSecond.cells <= 0) return null;
  const error = 2 / Math.sqrt(done);
  const lately = endpoints.reduce((sum, endpoint) => sum + endpoint.tokensPerSecond, 0);
  const change = perSecond.tokens > 0 && lately > 0 ? lately / perSecond.tokens : 1;
  const fastest = perSecond.cells * (1 + error) * Math.max(1, change);
  const slowest = perSecond.cells * (1 - error) * Math.min(1, change);
  return [Math.round(missing / fastest), Math.round(missing / slowest)];
}
