import { type FileHandle, open } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import type { AsyncBuffer, DecodedArray, FileMetaData } from "hyparquet";
import { UserError } from "../records/index.js";
import { diskError, isMissing } from "./disk-error.js";

/** A Parquet file read a row group at a time without DuckDB, which costs 200 ms to load. */
export interface ParquetFile {
  readonly rows: number;
  /** The file's own key-value metadata. */
  readonly notes: ReadonlyMap<string, string>;
  readonly names: ReadonlySet<string>;
  /** Some columns of rows `from` (included) to `to` (excluded), row group by row group. */
  columns(names: readonly string[], from?: number, to?: number): AsyncGenerator<ParquetColumns>;
  close(): Promise<void>;
}

export interface ParquetColumns {
  /** Number of the first row in the file. */
  readonly from: number;
  readonly rows: number;
  get(name: string): ArrayLike<unknown>;
}

/** Opens a Parquet file by its footer. Throws a `UserError` that names the file where it is none, `ENOENT` as the system does. */
export async function openParquet(path: string): Promise<ParquetFile> {
  const { parquetMetadataAsync } = await import("hyparquet");
  const handle = await openForReading(path);
  try {
    const file = asBuffer(handle, (await handle.stat()).size);
    const metadata = await parquetMetadataAsync(file);
    return {
      rows: Number(metadata.num_rows),
      notes: new Map((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? ""])),
      names: new Set(metadata.schema.map(({ name }) => name)),
      columns: (names, from = 0, to = Number.POSITIVE_INFINITY) => readGroups(path, file, metadata, names, from, to),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw damaged(path, error);
  }
}

async function* readGroups(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  names: readonly string[],
  from: number,
  to: number,
): AsyncGenerator<ParquetColumns> {
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    const rowStart = Math.max(groupStart, from);
    const groupEnd = groupStart + Number(group.num_rows);
    const rowEnd = Math.min(groupEnd, to);
    groupStart = groupEnd;
    if (rowStart < rowEnd) yield await readGroup(path, file, metadata, names, rowStart, rowEnd);
  }
}

async function readGroup(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  names: readonly string[],
  rowStart: number,
  rowEnd: number,
): Promise<ParquetColumns> {
  const [{ parquetRead }, { compressors }] = await Promise.all([import("hyparquet"), import("hyparquet-compressors")]);
  const pieces = new Map<string, { readonly rowStart: number; readonly values: DecodedArray }[]>();
  try {
    await parquetRead({
      file,
      metadata,
      // Node's own unpacks several times faster than one written in JavaScript.
      compressors: { ...compressors, GZIP: (bytes) => gunzipSync(bytes) },
      columns: [...names],
      rowStart,
      rowEnd,
      onChunk: (chunk) => {
        const column = pieces.get(chunk.columnName) ?? [];
        column.push({ rowStart: chunk.rowStart, values: chunk.columnData });
        pieces.set(chunk.columnName, column);
      },
    });
    const columns = new Map(names.map((name) => [name, join(pieces.get(name) ?? [], rowStart, rowEnd)]));
    return {
      from: rowStart,
      rows: rowEnd - rowStart,
      get: (name) => columns.get(name) ?? [],
    };
  } catch (error) {
    throw damaged(path, error);
  }
}

/** Pages may reach beyond the rows asked for. */
function join(
  pieces: readonly { readonly rowStart: number; readonly values: DecodedArray }[],
  from: number,
  to: number,
): ArrayLike<unknown> {
  const [first] = pieces;
  if (pieces.length === 1 && first?.rowStart === from && first.values.length === to - from) return first.values;
  const joined = new Array<unknown>(to - from).fill(null);
  for (const { rowStart, values } of pieces) {
    const begin = Math.max(0, from - rowStart);
    const end = Math.min(values.length, to - rowStart);
    for (let at = begin; at < end; at += 1) joined[rowStart + at - from] = values[at];
  }
  return joined;
}

function asBuffer(handle: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = new ArrayBuffer(end - start);
      await handle.read(new Uint8Array(bytes), 0, end - start, start);
      return bytes;
    },
  };
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw isMissing(error) ? error : diskError(error, path, "read");
  }
}

function damaged(path: string, error: unknown): unknown {
  const known = diskError(error, path, "read");
  if (known instanceof UserError || !(error instanceof Error)) return known;
  return new UserError(`${path} is not a readable Parquet file (${error.message}); restore it from a copy`, {
    cause: error,
  });
}
