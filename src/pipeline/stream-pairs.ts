import {
  type CellState,
  EMPTY_CELL,
  type ModelSpec,
  OBSERVER_REPLY,
  type Outcome,
  type Pair,
  type ParsedReply,
  type SampleImage,
  type Store,
  suggestName,
  UsageError,
} from "../records/index.js";
import { inSampleOrder, type Placed } from "./in-sample-order.js";
import { openRun } from "./open-run.js";
import { readEnded } from "./read-ended.js";
import { positionsOf, type SettledCells, type SettledEnding, settleCells } from "./settle-cells.js";

/** Every cell of a run, images in sample order, models in recipe order, missing ones too. Flat in memory. */
export async function* streamPairs(
  folder: string,
  options: { model: string | null; outcomes: readonly Outcome[]; say: (sentence: string) => void },
): AsyncGenerator<Pair> {
  const { store, header, images } = await openRun(folder, options.say);
  const models = chooseModels(header.models, options.model);
  const wanted = new Set(options.outcomes);
  for await (const cells of cellsByImage(store, models, images)) {
    for (const { pair } of cells) if (wanted.size === 0 || wanted.has(pair.outcome)) yield pair;
  }
}

/** The models a person named, in recipe order; all where none is named. */
export function chooseModels(models: readonly ModelSpec[], name: string | null): readonly ModelSpec[] {
  if (name === null) return models;
  const chosen = models.filter((model) => model.name === name);
  if (chosen.length === 0) {
    throw new UsageError(
      `the run has no model "${name}"${suggestName(
        name,
        models.map((model) => model.name),
      )}`,
    );
  }
  return chosen;
}

/** A cell, read. */
export interface ReadCell {
  readonly pair: Pair;
  /** Its text was written by the built-in observer, not by a model. */
  readonly observer: boolean;
}

/** For each image in sample order, its cells in the order of `models`. */
export async function* cellsByImage(
  store: Store,
  models: readonly ModelSpec[],
  images: readonly SampleImage[],
): AsyncGenerator<readonly ReadCell[]> {
  const positions = positionsOf(images);
  const columns = [];
  for (const model of models) {
    const cells = await settleCells(store, model, positions);
    const awaited = Uint8Array.from(cells, ({ accepted }) => (accepted === null ? 0 : 1));
    columns.push({ model, cells, replies: inSampleOrder(acceptedReplies(store, model, cells, positions), awaited) });
  }
  // One after the other: a first step may put all replies of its model in order, and two at once need twice the memory.
  const heads: IteratorResult<Placed<ReadReply>>[] = [];
  for (const { replies } of columns) heads.push(await replies.next());
  try {
    for (const [position, image] of images.entries()) {
      const read: ReadCell[] = [];
      for (const [index, { model, cells, replies }] of columns.entries()) {
        const head = heads[index];
        const isHere = head !== undefined && head.done !== true && head.value.position === position;
        const reply = isHere ? head.value.value : null;
        const pair = makePair(image, model, cells[position] ?? EMPTY_CELL, reply?.parsed ?? null);
        read.push({ pair, observer: reply?.observer ?? false });
        if (isHere) heads[index] = await replies.next();
      }
      yield read;
    }
  } finally {
    for (const column of columns) await column.replies.return(undefined);
  }
}

export interface ReadReply {
  readonly parsed: ParsedReply;
  readonly observer: boolean;
}

/** The replies that speak for their cells, parsed, in the order they lie in the run; far cheaper than in sample order. */
export async function* acceptedReplies(
  store: Store,
  model: ModelSpec,
  cells: SettledCells,
  positions: ReadonlyMap<string, number>,
): AsyncGenerator<Placed<ReadReply>> {
  for await (const batch of store.attempts(model.name)) {
    for (const ended of batch) {
      const position = positions.get(ended.image);
      if (position === undefined || cells[position]?.accepted?.attempt !== ended.attempt) continue;
      const observer = ended.reply?.id?.startsWith(OBSERVER_REPLY) === true;
      yield { position, value: { parsed: readEnded(ended, model.dialect), observer } };
    }
  }
}

/** A cell as `pairs` prints it; `parsed` is what its accepted reply says, null where there is none. */
export function makePair(
  image: SampleImage,
  model: ModelSpec,
  cell: CellState<SettledEnding>,
  parsed: ParsedReply | null,
): Pair {
  const read = parsed ?? UNREAD;
  const speaks = parsed === null ? (cell.failed?.attempt ?? null) : cell.accepted;
  return {
    image: image.id,
    class: image.class,
    model: model.name,
    outcome: parsed === null ? (cell.failed === null ? "missing" : "failed") : parsed.outcome,
    reason: parsed === null ? (cell.failed?.reason ?? null) : parsed.reason,
    thinking: read.thinking,
    answer: read.answer,
    flags: read.flags,
    finishReason: speaks?.finishReason ?? null,
    attempts: cell.attempts,
  };
}

const UNREAD: Pick<ParsedReply, "thinking" | "answer" | "flags"> = { thinking: null, answer: null, flags: [] };
