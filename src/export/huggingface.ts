import { join, posix } from "node:path";
import type { Exporter, ExportInput, ExportOptions, ExportPair, ExportRow } from "../records/index.js";
import { IMAGE_COLUMNS, imageRow, pairColumns, pairRow, wideColumns, wideRow } from "./columns.js";
import { readParquetRows } from "./parquet-rows.js";
import { openShards, PIXEL_LIMITS, TEXT_LIMITS } from "./parquet-shards.js";
import { perSplit } from "./per-split.js";
import { readAhead } from "./read-ahead.js";
import { gatherByImage, imageOfRow, pairOfRow, partsOfRow } from "./read-rows.js";
import { writeReadme } from "./readme.js";

/** Pictures that are read while the one before is being written; a network disk answers late. */
const PICTURES_AHEAD = 8;

/**
 * A dataset repository as `datasets` opens it. Without pixels: configurations `pairs` (a row a pair) and `images`
 * (a row a picture). With pixels: one wide row a picture, so that no picture is stored twice. `rows` counts the
 * rows of the first configuration.
 */
export const huggingface: Exporter = {
  format: "huggingface",
  carriesPixels: true,
  thinkingForms: ["field", "tags"],
  isWide: ({ withPixels }) => withPixels,
  composes: ({ thinking }) => thinking === "tags",
  write: (input, folder) => (input.options.withPixels ? writeWide(input, folder) : writePairs(input, folder)),
  read: readPairs,
};

async function writePairs(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const { options } = input;
  const columns = pairColumns(options);
  const open = (name: string, shape: typeof columns) => (split: string) =>
    openShards(join(folder, name), shape, TEXT_LIMITS, split);
  let rows = 0;
  await perSplit(options.splits, open("pairs", columns), (pairsOf) =>
    perSplit(options.splits, open("images", IMAGE_COLUMNS), async (imagesOf) => {
      for await (const row of input.rows()) {
        await imagesOf(row.split).add(imageRow(row.image));
        for (const pair of row.pairs) await pairsOf(row.split).add(pairRow(pair));
        rows += row.pairs.length;
      }
    }),
  );
  await writeReadme(folder, input, [
    { name: "pairs", files: (split) => `pairs/${split}-*.parquet` },
    { name: "images", files: (split) => `images/${split}-*.parquet` },
  ]);
  return { rows };
}

async function writeWide(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const { options } = input;
  const columns = wideColumns(options);
  let rows = 0;
  const withBytes = async (row: ExportRow) => ({ ...row, bytes: await input.pixels(row.image) });
  await perSplit(
    options.splits,
    (split) => openShards(join(folder, "data"), columns, PIXEL_LIMITS, split),
    async (shardsOf) => {
      for await (const { image, split, pairs, bytes } of readAhead(input.rows(), PICTURES_AHEAD, withBytes)) {
        const pixels = { bytes, path: posix.basename(image.fileName) };
        await shardsOf(split).add(wideRow(image, pairs, options.teachers, pixels));
        rows += 1;
      }
    },
  );
  await writeReadme(folder, input, [{ name: "default", files: (split) => `data/${split}-*.parquet` }]);
  return { rows };
}

async function* readPairs(folder: string, { splits }: ExportOptions): AsyncGenerator<ExportRow> {
  for (const split of splits) yield* gatherByImage(pairsOf(folder, split), split);
}

async function* pairsOf(folder: string, split: string): AsyncGenerator<ExportPair> {
  for await (const row of readParquetRows(join(folder, "pairs"), split)) {
    yield pairOfRow(row, imageOfRow(row), partsOfRow(row));
  }
}
