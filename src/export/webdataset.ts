import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Exporter, ExportInput, ExportOptions, ExportRow } from "../records/index.js";
import { wideColumns, wideRow } from "./columns.js";
import { jsonOfRow } from "./json-row.js";
import { perSplit } from "./per-split.js";
import { readAhead } from "./read-ahead.js";
import { type FoundRow, imageOfRow, pairsOfWideRow } from "./read-rows.js";
import { writeReadme } from "./readme.js";
import { openTarShards } from "./tar-shards.js";

const PICTURES_AHEAD = 8;

/**
 * Tar shards with `<image id>.jpg` and `<image id>.json` side by side, the JSON being the wide row. A picture's member
 * is called `.jpg` whatever its content, since readers go by the bytes and a second extension would be a second column.
 * `datasets` takes names and types from the first five samples, so every sample has the same keys and no null: an
 * absent text is empty here.
 */
export const webdataset: Exporter = {
  format: "webdataset",
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
  const withBytes = async (row: ExportRow) => ({
    ...row,
    bytes: options.withPixels ? await input.pixels(row.image) : null,
  });
  await perSplit(
    options.splits,
    (split) => openTarShards(folder, split),
    async (shardsOf) => {
      for await (const { image, split, pairs, bytes } of readAhead(input.rows(), PICTURES_AHEAD, withBytes)) {
        const row = wideRow(image, pairs, options.teachers, null);
        const json = { name: `${image.id}.json`, bytes: Buffer.from(jsonOfRow(row, columns, "filled")) };
        await shardsOf(split).add(bytes === null ? [json] : [{ name: `${image.id}.jpg`, bytes }, json]);
        rows += 1;
      }
    },
  );
  await writeReadme(folder, input, [{ name: "default", files: (split) => `${split}-*.tar` }]);
  return { rows };
}

async function* read(folder: string, { splits, teachers }: ExportOptions): AsyncGenerator<ExportRow> {
  for (const split of splits) {
    const tars = (await readdir(folder)).filter((name) => name.startsWith(`${split}-`) && name.endsWith(".tar"));
    for (const tar of tars.sort()) {
      for await (const row of readJsonMembers(join(folder, tar))) {
        const image = imageOfRow(row);
        yield { image, split, pairs: pairsOfWideRow(row, image, teachers) };
      }
    }
  }
}

async function* readJsonMembers(path: string): AsyncGenerator<FoundRow> {
  const { extract } = await import("tar-stream");
  const members = extract();
  const file = createReadStream(path);
  file.on("error", (error) => members.destroy(error));
  file.pipe(members);
  for await (const member of members) {
    const chunks: Buffer[] = [];
    for await (const chunk of member) chunks.push(chunk as Buffer);
    if (member.header.name.endsWith(".json")) yield JSON.parse(Buffer.concat(chunks).toString("utf8")) as FoundRow;
  }
}
