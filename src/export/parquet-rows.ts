import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { FoundRow } from "./read-rows.js";

/** The rows of one split's shards in `folder`, a row group at a time, without columns of pictures. */
export async function* readParquetRows(folder: string, split: string): AsyncGenerator<FoundRow> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${split}-`) && name.endsWith(".parquet"));
  for (const name of names.sort()) {
    const file = await asyncBufferFromFile(join(folder, name));
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const compressors = { GZIP: (packed: Uint8Array) => gunzipSync(packed) };
      yield* await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
      rowStart = rowEnd;
    }
  }
}
