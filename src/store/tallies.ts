import { type Ended, type ModelTally, OUTCOMES, type Store } from "../records/index.js";
import { damageNotice } from "./damage-notice.js";
import { listModels, listParts, openPart, type Part } from "./parts.js";
import type { OnDamage } from "./read-lines.js";
import { readJournal } from "./read-part.js";
import { readSegment, readSegmentColumns } from "./read-segment.js";
import { readWriterStates, type WriterState } from "./writer-state.js";

export interface RunTallies {
  /** By model. A model nobody has asked yet is absent. */
  readonly models: Readonly<Record<string, ModelTally>>;
  /** False where a writer counted outcomes under another parser: only reading the replies again tells today's. */
  readonly sameParser: boolean;
}

/**
 * The state of a run without reading its replies: the sum of what its writers say of themselves, plus the attempts
 * that ended after they last said it, which `tallyTail` counts (called with one stretch after the other, in order).
 */
export async function runTallies(
  store: Pick<Store, "path">,
  options: {
    readonly parserVersion: string;
    readonly tallyTail: (model: string, ended: readonly Ended[]) => ModelTally | Promise<ModelTally>;
    readonly say: (sentence: string) => void;
  },
): Promise<RunTallies> {
  const root = store.path;
  // States before files: what a writer adds in between is then part of its tail.
  const states = new Map((await readWriterStates(root)).map((state) => [state.writer, state]));
  const sums = new Map<string, ModelTally>();
  const add = (model: string, tally: ModelTally) => sums.set(model, addTallies(sums.get(model) ?? EMPTY_TALLY, tally));
  for (const state of states.values()) {
    for (const [model, tally] of Object.entries(state.tallies)) add(model, tally);
  }
  const onDamage = damageNotice(root, { staleMs: Number.POSITIVE_INFINITY, say: options.say });
  for (const model of await listModels(root)) {
    for (const part of await listParts(root, model)) {
      for await (const ended of readTail(part, coveredBytes(states.get(part.writer), model, part), onDamage)) {
        if (ended.length > 0) add(model, await options.tallyTail(model, ended));
      }
    }
  }
  return {
    models: Object.fromEntries(sums),
    sameParser: [...states.values()].every((state) => state.parserVersion === options.parserVersion || isEmpty(state)),
  };
}

export const EMPTY_TALLY: ModelTally = {
  outcomes: { answered: 0, truncated: 0, unparsed: 0, refused: 0, failed: 0 },
  attempts: 0,
  promptTokens: 0,
  completionTokens: 0,
  faults: {},
};

export function addTallies(a: ModelTally, b: ModelTally): ModelTally {
  const outcomes = { ...a.outcomes };
  for (const outcome of OUTCOMES) if (outcome !== "missing") outcomes[outcome] += b.outcomes[outcome];
  const faults: Record<string, number> = { ...a.faults };
  for (const [kind, count] of Object.entries(b.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  return {
    outcomes,
    attempts: a.attempts + b.attempts,
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    faults,
  };
}

/** How much of a part its writer's tallies describe, in bytes of its journal. */
function coveredBytes(state: WriterState | undefined, model: string, part: Part): number {
  const cover = state?.covers[model];
  if (cover === undefined || part.number > cover.journal) return 0;
  return part.number < cover.journal ? Number.POSITIVE_INFINITY : cover.bytes;
}

async function* readTail(part: Part, from: number, onDamage: OnDamage): AsyncGenerator<readonly Ended[]> {
  if (from === Number.POSITIVE_INFINITY) return;
  const open = await openPart(part);
  const events =
    open.kind === "journal"
      ? readJournal(open.path, onDamage, undefined, from)
      : readSegmentTail(open.path, open.info.journalBytes, from);
  for await (const some of events) yield some.filter((event) => event.event === "ended");
}

async function* readSegmentTail(path: string, journalBytes: number, from: number): ReturnType<typeof readSegment> {
  if (journalBytes <= from) return;
  for await (const group of readSegmentColumns(path, ["journal_end"])) {
    const ends = group.get("journal_end");
    for (let at = 0; at < group.rows; at += 1) {
      if (Number(ends[at]) > from) return yield* readSegment(path, group.from + at);
    }
  }
}

function isEmpty(state: WriterState): boolean {
  return Object.values(state.tallies).every((tally) => tally.attempts === 0);
}
