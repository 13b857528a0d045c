import { writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Exporter, ExportInput, ExportOptions, ExportPair, ExportRow } from "../records/index.js";
import {
  type Column,
  column,
  type MessageCell,
  PAIR_FACT_COLUMNS,
  type PixelCell,
  pairRow,
  type Row,
} from "./columns.js";
import { composeText, readText } from "./compose-text.js";
import { mediaPath } from "./media-files.js";
import { readParquetRows } from "./parquet-rows.js";
import { openShards, PIXEL_LIMITS, TEXT_LIMITS } from "./parquet-shards.js";
import { perSplit } from "./per-split.js";
import { readAhead } from "./read-ahead.js";
import { type FoundRow, gatherByImage, imageOfRow, pairOfRow } from "./read-rows.js";
import { writeReadme } from "./readme.js";
import { trlScript } from "./trl-script.js";

const PICTURES_AHEAD = 8;

/**
 * What TRL's `SFTTrainer` opens: the configuration `sft` with `prompt`, `completion` and `images`. Not `messages`, with
 * which the loss also covers the question and the picture. `images` holds a relative path, or the picture itself. The
 * parts of a message have no `image` key, not even a null one, because TRL then finds no place for the picture.
 */
export const trl: Exporter = {
  format: "trl",
  carriesPixels: true,
  thinkingForms: ["tags", "field"],
  isWide: () => false,
  composes: () => true,
  write,
  read,
};

async function write(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const { options } = input;
  const limits = options.withPixels ? PIXEL_LIMITS : TEXT_LIMITS;
  const columns = columnsOf(options);
  let rows = 0;
  const withBytes = async (row: ExportRow) => ({
    ...row,
    bytes: options.withPixels ? await input.pixels(row.image) : null,
  });
  await perSplit(
    options.splits,
    (split) => openShards(join(folder, "sft"), columns, limits, split),
    async (shardsOf) => {
      for await (const { image, split, pairs, bytes } of readAhead(input.rows(), PICTURES_AHEAD, withBytes)) {
        const path = mediaPath(image);
        const images = bytes === null ? [path] : [{ bytes, path: posix.basename(path) }];
        for (const pair of pairs) await shardsOf(split).add(rowOf(pair, images, options));
        rows += pairs.length;
      }
    },
  );
  if (input.training !== null) await writeFile(join(folder, "train.py"), trlScript(input));
  await writeReadme(folder, input, [{ name: "sft", files: (split) => `sft/${split}-*.parquet` }]);
  return { rows };
}

function columnsOf({ withPixels, thinking }: ExportOptions): readonly Column[] {
  const messages = thinking === "field" ? "turns" : "messages";
  return [
    ...PAIR_FACT_COLUMNS,
    ...column(withPixels ? "images" : "strings", "images"),
    ...column(messages, "prompt", "completion"),
  ];
}

function rowOf(pair: ExportPair, images: readonly string[] | readonly PixelCell[], { thinking }: ExportOptions): Row {
  const asField = thinking === "field";
  const message = (role: string, content: MessageCell["content"], thought: string | null): MessageCell[] =>
    asField ? [{ role, content, reasoning_content: thought }] : [{ role, content }];
  const text = asField ? (pair.answer ?? "") : composeText(pair);
  const asked = [
    { type: "image", text: null },
    { type: "text", text: pair.prompt },
  ];
  return {
    ...pairRow(pair),
    images,
    prompt: message("user", asked, null),
    completion: message("assistant", [{ type: "text", text }], pair.thinking),
  };
}

async function* read(folder: string, options: ExportOptions): AsyncGenerator<ExportRow> {
  for (const split of options.splits) yield* gatherByImage(pairsOf(folder, split, options), split);
}

async function* pairsOf(folder: string, split: string, options: ExportOptions): AsyncGenerator<ExportPair> {
  for await (const row of readParquetRows(join(folder, "sft"), split)) {
    const said = messageOf(row, "completion");
    const text = said.content.at(-1)?.text ?? "";
    const parts =
      options.thinking === "field"
        ? { thinking: said.reasoning_content ?? null, answer: text }
        : readText(text, options.parts);
    const prompt = messageOf(row, "prompt").content.at(-1)?.text ?? "";
    yield pairOfRow(row, imageOfRow(row), { prompt, ...parts });
  }
}

function messageOf(row: FoundRow, name: string): MessageCell {
  const [message] = row[name] as readonly MessageCell[];
  if (message === undefined) throw new Error(`${String(row.image_id)} has no ${name}`);
  return message;
}
