import { rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { syncFile, syncFolder, temporaryName } from "./atomic-file.js";
import { diskError } from "./disk-error.js";
import type { Column } from "./sample-columns.js";

const ROW_GROUP = 10_000;
const GZIP_LEVEL = 4;

export interface TableOptions {
  /** Key-value pairs of the file's metadata. */
  readonly notes: Readonly<Record<string, string>>;
  /** Rows in memory at once; 10,000 where left out. */
  readonly rowGroup?: number;
}

/** Writes a Parquet table under another name and puts it in place by rename. Gives its rows. Throws a `UserError` on a disk fault. */
export async function writeTable<T>(
  path: string,
  rows: Iterable<T> | AsyncIterable<T>,
  columns: readonly Column<T>[],
  options: TableOptions,
): Promise<number> {
  const temporary = temporaryName(path);
  try {
    const count = await writeParquet(temporary, rows, columns, options);
    await syncFile(temporary);
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return count;
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw diskError(error, path, "write");
  }
}

async function writeParquet<T>(
  path: string,
  rows: Iterable<T> | AsyncIterable<T>,
  columns: readonly Column<T>[],
  { notes, rowGroup = ROW_GROUP }: TableOptions,
): Promise<number> {
  const { fileWriter, ParquetWriter, schemaFromColumnData } = await import("hyparquet-writer");
  const columnsOf = (some: readonly T[]) =>
    columns.map(({ name, type, nullable, value }) => ({ name, type, nullable, data: some.map(value) }));
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema: schemaFromColumnData({ columnData: columnsOf([]) }),
    codec: "GZIP",
    compressors: { GZIP: (bytes) => gzipSync(bytes, { level: GZIP_LEVEL }) },
    kvMetadata: Object.entries(notes).map(([key, value]) => ({ key, value })),
    createdBy: "imagenet-think",
  });
  let count = 0;
  for await (const group of inGroups(rows, rowGroup)) {
    await writer.write({ columnData: columnsOf(group), rowGroupSize: rowGroup });
    count += group.length;
    // A second of packing at one go would hold up every request under way.
    await setImmediate();
  }
  await writer.finish();
  return count;
}

async function* inGroups<T>(rows: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  for await (const row of rows) {
    group.push(row);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
