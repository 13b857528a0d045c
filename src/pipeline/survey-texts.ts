import { createHash } from "node:crypto";
import { OUTCOMES, type Pair, type SampleImage } from "../records/index.js";
import type { OpenedRun } from "./open-run.js";
import { isObserved } from "./outgoing-rows.js";
import { cellsByImage } from "./stream-pairs.js";

export type PartName = "thinking" | "answer";
export const PARTS: readonly PartName[] = ["thinking", "answer"];

/** What a model's cells hold, without their texts. Arrays have one entry a picture, in sample order. */
export interface SurveyedModel {
  readonly name: string;
  readonly role: "teacher" | "candidate";
  readonly caveat: string | null;
  readonly observer: boolean;
  /** Place in `OUTCOMES`. */
  readonly outcomes: Uint8Array;
  /** 32 bits of the hash of each text of an answered cell; 0 where there is none. */
  readonly texts: Readonly<Record<PartName, Uint32Array>>;
}

/** Walks all cells of a run once. */
export async function surveyTexts(
  { store, header, images }: OpenedRun,
  onImage: (done: number) => void,
): Promise<readonly SurveyedModel[]> {
  const observed = new Set(header.models.filter(isObserved).map(({ name }) => name));
  const columns = header.models.map((model) => ({
    name: model.name,
    role: model.role,
    caveat: model.preset?.caveat ?? null,
    outcomes: new Uint8Array(images.length),
    texts: { thinking: new Uint32Array(images.length), answer: new Uint32Array(images.length) },
  }));
  let position = 0;
  for await (const cells of cellsByImage(store, header.models, images)) {
    for (const [at, { pair, observer }] of cells.entries()) {
      const column = columns[at];
      if (column === undefined) continue;
      if (observer) observed.add(column.name);
      column.outcomes[position] = OUTCOMES.indexOf(pair.outcome);
      for (const part of PARTS) column.texts[part][position] = fingerprint(textOf(pair, part));
    }
    position += 1;
    onImage(position);
  }
  return columns.map((column) => ({ ...column, observer: observed.has(column.name) }));
}

/** The text that is scored: only a whole answer's. */
export function textOf(pair: Pair, part: PartName): string | null {
  return pair.outcome === "answered" ? pair[part] : null;
}

/** Never 0 for a text. */
function fingerprint(text: string | null): number {
  if (text === null) return 0;
  return createHash("sha256").update(text).digest().readUInt32BE(0) || 1;
}

/** By picture: the number of its class; each picture its own where the run has no classes. */
export function clusterImages(images: readonly SampleImage[]): {
  readonly clusters: Int32Array;
  readonly clusterCount: number;
  readonly clusteredBy: "class" | "picture";
} {
  if (images.every((image) => image.class === null)) {
    return { clusters: Int32Array.from(images.keys()), clusterCount: images.length, clusteredBy: "picture" };
  }
  const numbers = new Map<string, number>();
  const clusters = Int32Array.from(images, (image) => {
    const name = image.class ?? "";
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  });
  return { clusters, clusterCount: numbers.size, clusteredBy: "class" };
}
