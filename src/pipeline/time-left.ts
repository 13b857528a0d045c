import type { EndpointState, ModelTally, WriterInfo } from "../records/index.js";

/** What gets done in a second. */
export interface Rate {
  readonly cells: number;
  readonly tokens: number;
}

export interface TimeLeft {
  readonly seconds: number;
  /** Between these it should take (95 %, widened by how the pace has changed); null while too little is known. */
  readonly range: readonly [number, number] | null;
}

/** The mean rate of writers together, each from its start to its last heartbeat; of one model where it is named. */
export function rateOf(writers: readonly WriterInfo[], model: string | null): Rate {
  let cells = 0;
  let tokens = 0;
  for (const writer of writers) {
    const seconds = Math.max(1, (Date.parse(writer.heartbeatAt) - Date.parse(writer.startedAt)) / 1000);
    for (const tally of talliesOf(writer, model)) {
      cells += finalCells(tally) / seconds;
      tokens += tally.completionTokens / seconds;
    }
  }
  return { cells, tokens };
}

/**
 * How long the writers take for what is missing, by model: each model goes at its own pace, and the slowest decides. Null
 * where nobody is at work, or a model has not ended one cell yet.
 */
export function timeLeft(missing: Readonly<Record<string, number>>, atWork: readonly WriterInfo[]): TimeLeft | null {
  const parts = Object.entries(missing)
    .filter(([, cells]) => cells > 0)
    .map(([model, cells]) => timeLeftOf(model, cells, atWork));
  const known = parts.filter((part) => part !== null);
  if (atWork.length === 0 || known.length < parts.length) return null;
  const ranges = known.map(({ range }) => range).filter((range) => range !== null);
  const latest = (side: 0 | 1) => Math.max(0, ...ranges.map((range) => range[side]));
  return {
    seconds: Math.max(0, ...known.map(({ seconds }) => seconds)),
    range: ranges.length < known.length ? null : [latest(0), latest(1)],
  };
}

/** Fewer cells than this say nothing about the rest. */
const FEW_CELLS = 10;

/** From the mean pace with its counting error, and from the pace of late where that differs more. */
function timeLeftOf(model: string, missing: number, atWork: readonly WriterInfo[]): TimeLeft | null {
  const mean = rateOf(atWork, model);
  if (mean.cells <= 0) return null;
  const seconds = Math.round(missing / mean.cells);
  const done = atWork.flatMap((writer) => talliesOf(writer, model)).reduce((sum, tally) => sum + finalCells(tally), 0);
  if (done < FEW_CELLS) return { seconds, range: null };
  const error = 2 / Math.sqrt(done);
  const late = tokensLately(atWork.flatMap((writer) => writer.endpoints ?? []).filter((one) => one.model === model));
  const change = mean.tokens > 0 && late > 0 ? late / mean.tokens : 1;
  const fastest = mean.cells * (1 + error) * Math.max(1, change);
  const slowest = mean.cells * (1 - error) * Math.min(1, change);
  return { seconds, range: [Math.round(missing / fastest), Math.round(missing / slowest)] };
}

export function tokensLately(endpoints: readonly EndpointState[]): number {
  return endpoints.reduce((sum, endpoint) => sum + endpoint.tokensPerSecond, 0);
}

function talliesOf(writer: WriterInfo, model: string | null): readonly ModelTally[] {
  if (model === null) return Object.values(writer.tallies);
  const tally = writer.tallies[model];
  return tally === undefined ? [] : [tally];
}

function finalCells({ outcomes }: ModelTally): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}
