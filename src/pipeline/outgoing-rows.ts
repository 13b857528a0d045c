import type { ExportPair, ExportRow, ModelSpec, SampleImage } from "../records/index.js";
import type { OpenedRun } from "./open-run.js";
import { cellsByImage, type ReadCell } from "./stream-pairs.js";

/** Which cells of a run go out. */
export interface OutgoingChoice {
  readonly teachers: readonly ModelSpec[];
  /** Lets images marked for review out. */
  readonly includePeople: boolean;
}

/** Images with the pairs that go out: answered, and not held back for review. */
export async function* outgoingRows(run: OpenedRun, choice: OutgoingChoice): AsyncGenerator<ExportRow> {
  let position = 0;
  for await (const cells of cellsByImage(run.store, choice.teachers, run.images)) {
    const image = run.images[position++];
    if (image === undefined || (image.review && !choice.includePeople)) continue;
    const pairs = cells.flatMap((cell) => toExportPair(cell, image, run.header.prompt.text));
    if (pairs.length > 0) yield { image, pairs };
  }
}

function toExportPair({ pair, observer }: ReadCell, image: SampleImage, prompt: string): ExportPair[] {
  if (pair.outcome !== "answered" || pair.answer === null) return [];
  return [{ image, teacher: pair.model, prompt, thinking: pair.thinking, answer: pair.answer, observer }];
}

/** What goes out, counted before anything is written. */
export interface Outgoing {
  readonly pictures: number;
  readonly pairs: number;
  /** Answered pairs that stay behind because their image is marked for review. */
  readonly underReview: number;
  /** Models some of whose text the built-in observer wrote. */
  readonly observed: ReadonlySet<string>;
}

export async function countOutgoing(run: OpenedRun, choice: OutgoingChoice): Promise<Outgoing> {
  let pictures = 0;
  let pairs = 0;
  let underReview = 0;
  let position = 0;
  const observed = new Set<string>();
  for await (const cells of cellsByImage(run.store, choice.teachers, run.images)) {
    for (const { pair, observer } of cells) if (observer) observed.add(pair.model);
    const answered = cells.filter(({ pair }) => pair.outcome === "answered" && pair.answer !== null).length;
    const image = run.images[position++];
    if (image?.review === true && !choice.includePeople) underReview += answered;
    else {
      pairs += answered;
      pictures += answered > 0 ? 1 : 0;
    }
  }
  return { pictures, pairs, underReview, observed };
}

/** Whether the recipe lets the built-in observer stand in for a model. */
export function isObserved(model: ModelSpec): boolean {
  return model.endpoints[0] === "observer";
}
