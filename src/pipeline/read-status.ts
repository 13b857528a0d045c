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
import { countCut, EMPTY_TALLY, runTallies, writerStandings } from "../store/index.js";
import { countFailedAgain } from "./count-failed-again.js";
import { endingOf } from "./ending-of.js";
import { openRunFolder } from "./open-run.js";
import { endedOutcome } from "./read-ended.js";
import { positionsOf, type SettledEnding, settleCells } from "./settle-cells.js";
import { cellsByImage } from "./stream-pairs.js";
import { Tallies } from "./tally.js";
import { type Rate, rateOf, type TimeLeft, timeLeft, tokensLately } from "./time-left.js";

/** One model's row of the arithmetic. */
export type ModelStatus = { readonly role: ModelSpec["role"] } & Readonly<Record<Outcome, number>> & {
    readonly attempts: number;
    readonly promptTokens: number;
    readonly completionTokens: number;
    /** Faults by kind. */
    readonly faults: Readonly<Record<string, number>>;
    /** Requests that left and were cut by the end of their writer. They are no attempts. */
    readonly cut: number;
    /** Replies that came whole and are not their cell's record: it was asked anew since, or had one already. */
    readonly replaced: number;
  };

/** A writer that ended without closing, and that nobody has taken over from. */
export interface GoneWriter extends Pick<WriterInfo, "writer" | "shard" | "host" | "pid"> {
  readonly lastSeenAt: string;
  /** In the mean, from its start. */
  readonly cellsPerSecond: number;
  /** Of its endpoints when it was last seen. */
  readonly lastTokensPerSecond: number;
}

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
  readonly perSecond: Rate | null;
  /** At the pace of the slowest model; null while it is not known. */
  readonly secondsLeft: number | null;
  readonly secondsLeftRange: TimeLeft["range"];
  /** The endpoints that writers at work ask now. */
  readonly endpoints: readonly EndpointState[];
  readonly gone: readonly GoneWriter[];
  /** Sentences a person should read. */
  readonly notes: readonly string[];
}

/** The state of a run, from small files only; also while other processes write it. */
export async function readStatus(folder: string, say: (sentence: string) => void): Promise<RunStatus> {
  const { store, header } = await openRunFolder(folder, say);
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
  const failedAgain = counted === null ? await countFailedAgain(store, header) : null;
  const { atWork, gone } = await lookAtWriters(store);
  // What a writer at work has asked is under way.
  const cutOf = await countCut(store, new Set(atWork.map(({ writer }) => writer)));
  const rows = header.models.map((model): [string, ModelStatus] => {
    const tally = models[model.name] ?? EMPTY_TALLY;
    const failed = failedAgain?.get(model.name) ?? tally.outcomes.failed;
    const outcomes = counted?.get(model.name) ?? withMissing({ ...tally.outcomes, failed }, images);
    const { attempts, promptTokens, completionTokens, faults } = tally;
    const cut = cutOf[model.name] ?? 0;
    const replaced = wholeReplies(tally) - (images - outcomes.missing - outcomes.failed);
    const spent = { attempts, promptTokens, completionTokens, faults, cut, replaced };
    return [model.name, { role: model.role, ...outcomes, ...spent }];
  });
  const missing = Object.fromEntries(rows.map(([name, model]) => [name, model.missing]));
  const complete = facts !== null && Object.values(missing).every((cells) => cells === 0);
  const left = timeLeft(missing, atWork);
  return {
    name: header.name,
    images,
    cells: images * header.models.length,
    complete,
    models: Object.fromEntries(rows),
    rejected: facts?.rejected ?? {},
    notDrawn: facts?.notDrawn ?? 0,
    perSecond: atWork.length === 0 ? null : rateOf(atWork, null),
    secondsLeft: left?.seconds ?? null,
    secondsLeftRange: left?.range ?? null,
    endpoints: atWork.flatMap((writer) => writer.endpoints ?? []),
    gone: complete ? [] : gone.map(describeGone),
    notes: facts === null ? [...notes, "the sample is not drawn yet"] : notes,
  };
}

function withMissing(outcomes: ModelTally["outcomes"], images: number): Readonly<Record<Outcome, number>> {
  const final = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  return { ...outcomes, missing: images - final };
}

function wholeReplies({ attempts, faults }: ModelTally): number {
  return attempts - Object.values(faults).reduce((sum, count) => sum + count, 0);
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
    if (isPlain) tallies.countOutcome(name, null, endedOutcome(attempt, model.dialect).outcome);
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
    const now: ParsedOutcome | null = speaks ? endedOutcome(event, model.dialect).outcome : before;
    if (event.attempt === attempt.attempt) return speaks && now !== null ? { before, now } : null;
    cell = next;
    before = now;
  }
  return null;
}

/** Writers as they stand now, in the order they were let in. */
async function lookAtWriters(store: Store): Promise<{ atWork: readonly WriterInfo[]; gone: readonly WriterInfo[] }> {
  const standings = await writerStandings(store);
  const writers = (await store.writers()).map((info) => ({ info, standing: standings.get(info.writer) ?? "closed" }));
  const latest = new Map(writers.map((writer) => [writer.info.shard.index, writer]));
  return {
    atWork: writers.filter(({ standing }) => standing === "alive" || standing === "unseen").map(({ info }) => info),
    // Where another writer has taken the shard over since, it is no news.
    gone: [...latest.values()].filter(({ standing }) => standing === "gone").map(({ info }) => info),
  };
}

function describeGone(info: WriterInfo): GoneWriter {
  const { writer, shard, host, pid, heartbeatAt, endpoints = [] } = info;
  return {
    ...{ writer, shard, host, pid, lastSeenAt: heartbeatAt },
    cellsPerSecond: rateOf([info], null).cells,
    lastTokensPerSecond: tokensLately(endpoints),
  };
}
