import { escapeMarks } from "../export/index.js";
import {
  type ExportImage,
  type ExportPair,
  type ExportParts,
  type ExportRow,
  type ModelSpec,
  type SampleImage,
  UserError,
} from "../records/index.js";
import type { OpenedRun } from "./open-run.js";
import { cellsByImage, type ReadCell } from "./stream-pairs.js";
import type { CellSurvey } from "./survey-cells.js";

/** Which cells of a run go out, and in what shape. */
export interface OutgoingChoice {
  readonly teachers: readonly ModelSpec[];
  /** Lets images marked for review out. */
  readonly includePeople: boolean;
  readonly parts: ExportParts;
  /** Only images that every chosen teacher answered. */
  readonly wholeImages: boolean;
  /** What becomes of a text that holds a mark of its readers: nothing where no text is composed. */
  readonly marks: "kept" | "left-out" | "escaped";
}

/** Which images go out, and in which split. Places are those in the sample. */
export interface Selection {
  /** The first is the one trained on. */
  readonly splits: readonly string[];
  /** Null is left out. */
  splitAt(place: number): string | null;
}

/** Images with the pairs that go out, in sample order. */
export async function* outgoingRows(
  run: OpenedRun,
  choice: OutgoingChoice,
  survey: CellSurvey,
  selection: Selection,
): AsyncGenerator<ExportRow> {
  let place = -1;
  for await (const cells of cellsByImage(run.store, choice.teachers, run.images)) {
    const sample = run.images[++place];
    const split = selection.splitAt(place);
    if (sample === undefined || split === null || !survey.goesOut(place)) continue;
    const image = toExportImage(sample);
    const shape = choice.marks === "escaped" ? escapeMarks : (text: string) => text;
    const pairs = cells.flatMap((cell, teacher): ExportPair[] =>
      survey.pairGoesOut(place, teacher)
        ? [toExportPair(cell, image, run.header.prompt.text, choice.parts, survey.tokensOf(place, teacher), shape)]
        : [],
    );
    if (pairs.length > 0) yield { image, split, pairs };
  }
}

function toExportPair(
  { pair, observer }: ReadCell,
  image: ExportImage,
  prompt: string,
  parts: ExportParts,
  tokens: ExportPair["tokens"],
  shape: (text: string) => string,
): ExportPair {
  if (pair.outcome !== "answered") {
    throw new UserError(`${pair.image} was asked again while the run was exported; start the same line again`);
  }
  const { thinking, answer } = partsOf(pair, parts);
  return {
    image,
    teacher: pair.model,
    prompt: shape(prompt),
    thinking: thinking === null ? null : shape(thinking),
    answer: answer === null ? null : shape(answer),
    observer,
    tokens,
  };
}

/** The parts of a pair that go out, or what is known of each. */
export function partsOf<T>(
  { thinking, answer }: { readonly thinking: T | null; readonly answer: T | null },
  parts: ExportParts,
): { thinking: T | null; answer: T | null } {
  return { thinking: parts === "answer" ? null : thinking, answer: parts === "thinking" ? null : answer };
}

/** An image imported without its pixels has an empty hash and no size, which leave the house as unknown. */
export function toExportImage({
  id,
  class: name,
  fileName,
  weight,
  review,
  sha256,
  width,
  height,
}: SampleImage): ExportImage {
  const facts = sha256 === "" ? { sha256: null, width: null, height: null } : { sha256, width, height };
  return { id, class: name, fileName, weight, review, ...facts };
}

/** Whether the recipe lets the built-in observer stand in for a model. */
export function isObserved(model: ModelSpec): boolean {
  return model.endpoints[0] === "observer";
}
