import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../records/index.js";
import { diskError, isMissing } from "./disk-error.js";
import { readTextOrNull } from "./read-text.js";
import { SEGMENT_VERSION } from "./segment-columns.js";
import { listFolder } from "./writer-state.js";

/** `<writer>-000001.json`: put beside its Parquet file by rename, it is what makes a segment count. */
export interface SegmentInfo {
  readonly formatVersion: number;
  readonly writer: string;
  /** Number of the journal it was made of. */
  readonly journal: number;
  readonly journalBytes: number;
  /** Rows of both kinds; `asked` counts those without an `ended` in the same journal. */
  readonly rows: number;
  readonly asked: number;
  /** Of `asked`, those that went out in a batch file. */
  readonly batched?: number;
  /** Ended requests, batch files left out, whose `asked` stands in an earlier journal: with `asked` of all they tell what never ended. */
  readonly carried?: number;
  /** Damaged lines of the journal, left out here; the journal is then kept as `.jsonl.damaged`. */
  readonly damaged: number;
  /** SHA-256 of the Parquet file, hex. */
  readonly sha256: string;
}

/** A stretch of one writer's attempts of one model: a journal, a segment, or for a moment both. */
export interface Part {
  readonly writer: string;
  readonly number: number;
  /** The path without its ending. */
  readonly base: string;
}

/** What a part is at this moment. */
export type OpenPart =
  | { readonly kind: "segment"; readonly path: string; readonly info: SegmentInfo }
  | { readonly kind: "journal"; readonly path: string };

const PART = /^([a-z0-9]+)-(\d{6,})\.(jsonl|json)$/;
const MODEL = /^[a-z0-9][a-z0-9-]{0,31}$/;

export function repliesFolder(root: string, model: string): string {
  // A model's name becomes a folder: nothing but the recipe's own grammar gets there.
  if (!MODEL.test(model)) throw new UserError(`${JSON.stringify(model)} is no model name of a recipe`);
  return join(root, "replies", model);
}

export function partBase(root: string, model: string, writer: string, number: number): string {
  return join(repliesFolder(root, model), `${writer}-${String(number).padStart(6, "0")}`);
}

/** Models that have a folder of replies, by name. */
export async function listModels(root: string): Promise<readonly string[]> {
  return (await listFolder(join(root, "replies"))).filter((name) => MODEL.test(name)).sort();
}

/** The parts of a model: writers in start order, each one's in the order written. */
export async function listParts(root: string, model: string): Promise<readonly Part[]> {
  const parts = new Map<string, Part>();
  for (const name of await listFolder(repliesFolder(root, model))) {
    const [, writer, number] = PART.exec(name) ?? [];
    if (writer === undefined || number === undefined) continue;
    const base = partBase(root, model, writer, Number(number));
    parts.set(base, { writer, number: Number(number), base });
  }
  return [...parts.values()].sort((a, b) =>
    a.writer === b.writer ? a.number - b.number : a.writer < b.writer ? -1 : 1,
  );
}

/** The segment where it counts, else the journal. Its writer may seal it between two looks, so both are tried twice. */
export async function openPart(part: Part): Promise<OpenPart> {
  for (let look = 0; look < 3; look += 1) {
    const info = await readSegmentInfo(part);
    if (info !== null) return { kind: "segment", path: `${part.base}.parquet`, info };
    if (await exists(`${part.base}.jsonl`)) return { kind: "journal", path: `${part.base}.jsonl` };
  }
  throw new UserError(`${part.base}.jsonl is gone and no segment stands in its place; was it removed by hand?`);
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw diskError(error, path, "read");
  }
}

async function readSegmentInfo(part: Part): Promise<SegmentInfo | null> {
  const path = `${part.base}.json`;
  const text = await readTextOrNull(path);
  if (text === null) return null;
  const info = parseInfo(text);
  if (info === null) throw new UserError(`${path} is damaged; restore it, or delete it if ${part.base}.jsonl is there`);
  if (info.formatVersion > SEGMENT_VERSION) {
    throw new UserError(`${path} was written by a newer version of imagenet-think; upgrade to read it`);
  }
  if (info.formatVersion < SEGMENT_VERSION) {
    throw new UserError(`${path} was written by an older version of imagenet-think; read it with that version`);
  }
  return info;
}

function parseInfo(text: string): SegmentInfo | null {
  try {
    const info: SegmentInfo = JSON.parse(text);
    return typeof info.formatVersion === "number" && typeof info.rows === "number" ? info : null;
  } catch {
    return null;
  }
}
