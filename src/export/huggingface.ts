import { join, posix } from "node:path";
import type { Exporter, ExportInput, ExportRow } from "../records/index.js";
import { type Column, IMAGE_COLUMNS, imageRow, PAIR_COLUMNS, pairRow, wideColumns, wideRow } from "./columns.js";
import { openShards, PIXEL_LIMITS, type ShardLimits, type Shards, TEXT_LIMITS } from "./parquet-shards.js";
import { readAhead } from "./read-ahead.js";
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
  write: (input, folder) => (input.options.withPixels ? writeWide(input, folder) : writePairs(input, folder)),
};

async function writePairs(input: ExportInput, folder: string): Promise<{ rows: number }> {
  let rows = 0;
  await withShards(join(folder, "pairs"), PAIR_COLUMNS, TEXT_LIMITS, (pairs) =>
    withShards(join(folder, "images"), IMAGE_COLUMNS, TEXT_LIMITS, async (images) => {
      for await (const row of input.rows()) {
        await images.add(imageRow(row.image));
        for (const pair of row.pairs) await pairs.add(pairRow(pair));
        rows += row.pairs.length;
      }
    }),
  );
  await writeReadme(folder, input, [
    { name: "pairs", files: "pairs/train-*.parquet" },
    { name: "images", files: "images/train-*.parquet" },
  ]);
  return { rows };
}

async function writeWide(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const { teachers } = input.options;
  let rows = 0;
  const withBytes = async (row: ExportRow) => ({ ...row, bytes: await input.pixels(row.image) });
  await withShards(join(folder, "data"), wideColumns(teachers), PIXEL_LIMITS, async (shards) => {
    for await (const { image, pairs, bytes } of readAhead(input.rows(), PICTURES_AHEAD, withBytes)) {
      await shards.add(wideRow(image, pairs, teachers, { bytes, path: posix.basename(image.fileName) }));
      rows += 1;
    }
  });
  await writeReadme(folder, input, [{ name: "default", files: "data/train-*.parquet" }]);
  return { rows };
}

async function withShards(
  folder: string,
  columns: readonly Column[],
  limits: ShardLimits,
  fill: (shards: Shards) => Promise<void>,
): Promise<void> {
  const shards = await openShards(folder, columns, limits);
  try {
    await fill(shards);
    await shards.finish();
  } finally {
    await shards.abandon();
  }
}
