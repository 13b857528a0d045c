import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Exporter, ExportInput, ExportOptions, ExportRow } from "../records/index.js";
import { wideColumns, wideRow } from "./columns.js";
import { jsonOfRow } from "./json-row.js";
import { openLineFile, readJsonLines } from "./line-file.js";
import { mediaPath, openMedia } from "./media-files.js";
import { perSplit } from "./per-split.js";
import { imageOfRow, pairsOfWideRow } from "./read-rows.js";
import { writeReadme } from "./readme.js";

/**
 * `<split>/metadata.jsonl` with one row a picture, and the pictures beside it under the `file_name` of their row. The
 * metadata stands inside the split's folder, because one level up `datasets` drops it without a word. Without pictures
 * the folder loads as a plain table, and becomes one of pictures as soon as they are put in.
 */
export const imagefolder: Exporter = {
  format: "imagefolder",
  carriesPixels: true,
  thinkingForms: ["field", "tags"],
  isWide: () => true,
  composes: ({ thinking }) => thinking === "tags",
  write,
  read,
};

async function write(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const { options } = input;
  const columns = wideColumns({ ...options, withPixels: false });
  let rows = 0;
  await perSplit(
    options.splits,
    async (split) => {
      await mkdir(join(folder, split));
      const file = await openLineFile(join(folder, split, "metadata.jsonl"));
      const media = openMedia(join(folder, split), input.pixels);
      return {
        ...file,
        media,
        async finish() {
          await media.finish();
          await file.finish();
        },
      };
    },
    async (splitFolder) => {
      for await (const { image, split, pairs } of input.rows()) {
        const { add, media } = splitFolder(split);
        const row = wideRow({ ...image, fileName: mediaPath(image) }, pairs, options.teachers, null);
        await add(`${jsonOfRow(row, columns)}\n`);
        if (options.withPixels) await media.put(image);
        rows += 1;
      }
    },
  );
  await writeReadme(folder, input, [{ name: "default", files: (split) => `${split}/**` }]);
  return { rows };
}

async function* read(folder: string, { splits, teachers }: ExportOptions): AsyncGenerator<ExportRow> {
  for (const split of splits) {
    for await (const row of readJsonLines(join(folder, split, "metadata.jsonl"))) {
      const image = imageOfRow(row);
      yield { image, split, pairs: pairsOfWideRow(row, image, teachers) };
    }
  }
}
