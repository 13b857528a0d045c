import { join } from "node:path";
import type { Exporter, ExportInput, ExportOptions, ExportPair, ExportRow } from "../records/index.js";
import { pairColumns, pairRow } from "./columns.js";
import { jsonOfRow } from "./json-row.js";
import { openLineFile, readJsonLines } from "./line-file.js";
import { openMedia } from "./media-files.js";
import { perSplit } from "./per-split.js";
import { gatherByImage, imageOfRow, pairOfRow, partsOfRow } from "./read-rows.js";
import { writeReadme } from "./readme.js";

/**
 * `pairs.jsonl`: the rows of the `pairs` configuration, one JSON object a line; `pairs-<split>.jsonl` where there are
 * several splits. Pictures lie beside it under their `file_name`.
 */
export const jsonl: Exporter = {
  format: "jsonl",
  carriesPixels: true,
  thinkingForms: ["field", "tags"],
  isWide: () => false,
  composes: ({ thinking }) => thinking === "tags",
  write,
  read,
};

async function write(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const { options } = input;
  const columns = pairColumns(options);
  const media = openMedia(folder, input.pixels);
  let rows = 0;
  await perSplit(
    options.splits,
    (split) => openLineFile(join(folder, fileOf(split, options))),
    async (fileFor) => {
      for await (const { image, split, pairs } of input.rows()) {
        for (const pair of pairs) await fileFor(split).add(`${jsonOfRow(pairRow(pair), columns)}\n`);
        rows += pairs.length;
        if (options.withPixels) await media.put(image);
      }
      await media.finish();
    },
  );
  await writeReadme(folder, input, [{ name: "pairs", files: (split) => fileOf(split, options) }]);
  return { rows };
}

async function* read(folder: string, options: ExportOptions): AsyncGenerator<ExportRow> {
  for (const split of options.splits) {
    yield* gatherByImage(pairsOf(join(folder, fileOf(split, options))), split);
  }
}

async function* pairsOf(path: string): AsyncGenerator<ExportPair> {
  for await (const row of readJsonLines(path)) yield pairOfRow(row, imageOfRow(row), partsOfRow(row));
}

function fileOf(split: string, { splits }: ExportOptions): string {
  return splits.length === 1 ? "pairs.jsonl" : `pairs-${split}.jsonl`;
}
