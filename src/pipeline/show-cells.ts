import { openClassTree } from "../images/index.js";
import {
  type AttemptEvent,
  addEnding,
  type CellState,
  EMPTY_CELL,
  type Fault,
  type ModelSpec,
  type Pair,
  type Prompt,
  type SampleImage,
  UserError,
} from "../records/index.js";
import { endingOf } from "./ending-of.js";
import { openRun } from "./open-run.js";
import { readEnded } from "./read-ended.js";
import type { SettledEnding } from "./settle-cells.js";
import { chooseModels, makePair } from "./stream-pairs.js";

export interface ShownAttempt {
  readonly attempt: string;
  readonly round: number;
  readonly endpoint: string;
  readonly askedAt: string;
  /** Null where no end was recorded: cut by a kill, or still in flight. */
  readonly endedAt: string | null;
  readonly finishReason: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly fault: Fault | null;
}

export interface ShownCell {
  readonly pair: Pair;
  readonly attempts: readonly ShownAttempt[];
}

export interface ShownImage {
  readonly facts: SampleImage;
  /** The class's words and gloss. */
  readonly words: string | null;
  readonly prompt: Prompt;
  readonly cells: readonly ShownCell[];
}

/** One image of a run, by its id or its file name, with what each model made of it, every attempt told. */
export async function showCells(
  folder: string,
  image: string,
  options: { model: string | null; say: (sentence: string) => void },
): Promise<ShownImage> {
  const { store, header, images } = await openRun(folder, options.say);
  const facts = images.find((known) => known.id === image) ?? images.find((known) => known.fileName === image);
  if (facts === undefined) {
    throw new UserError(
      `${image} is not among the ${images.length} images of ${folder}; \`imagenet-think pairs ${folder}\` lists their ids; a file name such as cats/1.jpg works too`,
    );
  }
  const cells: ShownCell[] = [];
  const models = chooseModels(header.models, options.model);
  for (const model of models) {
    const events = await store.attemptsOf(facts.id, model.name);
    cells.push({ pair: pairOfEvents(facts, model, events), attempts: joinEvents(events) });
  }
  const entry = facts.class === null ? null : (await openClassTree(header.wordnet.folder)).describe(facts.class);
  const words = entry === null ? null : `${entry.lemmas.join(", ")}: ${entry.gloss}`;
  return { facts, words, prompt: header.prompt, cells };
}

/** The cell as `pairs` prints it, settled from its own events alone. */
function pairOfEvents(image: SampleImage, model: ModelSpec, events: readonly AttemptEvent[]): Pair {
  const ended = events.filter((event) => event.event === "ended");
  const cell = ended.map(endingOf).reduce((state, ending) => addEnding(state, ending, model.tries), START);
  const accepted = ended.find((event) => event.attempt === cell.accepted?.attempt);
  return makePair(image, model, cell, accepted === undefined ? null : readEnded(accepted, model.dialect));
}

const START: CellState<SettledEnding> = EMPTY_CELL;

function joinEvents(events: readonly AttemptEvent[]): ShownAttempt[] {
  const attempts = new Map<string, ShownAttempt>();
  for (const event of events) {
    const ended = event.event === "ended" ? event : null;
    if (ended === null && attempts.has(event.attempt)) continue;
    attempts.set(event.attempt, {
      attempt: event.attempt,
      round: event.round,
      endpoint: event.endpoint,
      askedAt: event.askedAt,
      endedAt: ended?.endedAt ?? null,
      finishReason: ended?.reply?.finishReason ?? null,
      promptTokens: ended?.reply?.promptTokens ?? null,
      completionTokens: ended?.reply?.completionTokens ?? null,
      fault: ended?.fault ?? null,
    });
  }
  return [...attempts.values()];
}
