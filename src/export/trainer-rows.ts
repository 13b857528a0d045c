import { join } from "node:path";
import type { ExportOptions } from "../records/index.js";
import type { AblationTrainer } from "./ablation-manifest.js";
import type { MessageCell } from "./columns.js";
import { readJsonLines } from "./line-file.js";
import { MESSAGE_FILES } from "./message-files.js";
import { readParquetRows } from "./parquet-rows.js";
import { type FoundRow, textOf } from "./read-rows.js";

/** A row of an export as its trainer reads it: what it opens, what it asks, what it learns. Beside it, which pair the row says it is. */
export interface TrainerRow {
  /** `sft.jsonl line 12`. */
  readonly place: string;
  readonly imageId: string;
  readonly teacher: string;
  /** Of the picture's source bytes; null where the set was imported without its pictures. */
  readonly sha256: string | null;
  /** The pictures of the row, from the folder that paths start from. */
  readonly pictures: readonly string[];
  /** The user's turn without the mark of the picture. */
  readonly asked: string;
  /** The assistant's turn: the text under the loss. */
  readonly text: string;
  readonly tokens: { readonly thinking: number | null; readonly answer: number | null };
}

/** The rows of an export, split by split, in the order of its files. Throws where a file or a row is not of that form. */
export async function* readTrainerRows(
  folder: string,
  trainer: AblationTrainer,
  options: ExportOptions,
): AsyncGenerator<TrainerRow> {
  for (const split of options.splits)
    yield* trainer === "trl" ? readTrl(folder, split) : readMessages(folder, options, split);
}

async function* readTrl(folder: string, split: string): AsyncGenerator<TrainerRow> {
  let number = 0;
  for await (const row of readParquetRows(join(folder, "sft"), split)) {
    const place = `sft/${split}-*.parquet row ${++number}`;
    yield { place, ...factsOf(row), asked: lastText(row.prompt, place), text: lastText(row.completion, place) };
  }
}

async function* readMessages(folder: string, options: ExportOptions, split: string): AsyncGenerator<TrainerRow> {
  const { names, fileOf } = MESSAGE_FILES;
  const file = fileOf(split, options);
  let number = 0;
  for await (const row of readJsonLines(join(folder, file))) {
    const place = `${file} line ${++number}`;
    const turns = (row[names.turns] ?? []) as readonly Readonly<Record<string, string>>[];
    const [asked, said] = [turns[0]?.[names.content], turns[1]?.[names.content]];
    if (asked === undefined || said === undefined || turns.length !== 2)
      throw new Error(`${place} is no turn and reply`);
    yield { place, ...factsOf(row), asked: asked.slice(names.mark.length), text: said };
  }
}

function lastText(messages: unknown, place: string): string {
  const text = (messages as readonly MessageCell[] | null)?.at(-1)?.content.at(-1)?.text;
  if (typeof text !== "string") throw new Error(`${place} has no text in its last message`);
  return text;
}

function factsOf(row: FoundRow): Omit<TrainerRow, "place" | "asked" | "text"> {
  const tokens = (part: string) => (row[part] === null || row[part] === undefined ? null : Number(row[part]));
  return {
    imageId: textOf(row, "image_id") ?? "",
    teacher: textOf(row, "teacher") ?? "",
    sha256: textOf(row, "image_sha256"),
    pictures: Array.isArray(row.images) ? row.images.map(pathOf) : [],
    tokens: { thinking: tokens("thinking_tokens"), answer: tokens("answer_tokens") },
  };
}

/** A path, or the name beside the bytes of a picture that lies inside. */
function pathOf(picture: unknown): string {
  return typeof picture === "string" ? picture : String((picture as { path?: unknown } | null)?.path ?? "");
}
