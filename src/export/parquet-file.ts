import { type FileHandle, open } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { ByteWriter, ColumnSource, ParquetWriter } from "hyparquet-writer";
import type { Column, Row } from "./columns.js";
import { featureMetadata, parquetSchema } from "./parquet-schema.js";

/**
 * Gzip is read by every Parquet reader and comes out a third smaller than snappy in the time of the snappy written in
 * JavaScript (250 MB of text in 6 s); Node 20 has no zstd, and DuckDB's needs the whole text once more on disk.
 */
const GZIP_LEVEL = 4;

export interface ParquetFile {
  /** Writes these rows as one row group; none is written for no rows, because `datasets` stops at an empty one. */
  writeGroup(rows: readonly Row[]): Promise<void>;
  finish(): Promise<void>;
  /** Gives the file up as it is, where something went wrong. */
  abandon(): Promise<void>;
}

/** Opens a Parquet file that is written a row group at a time and holds no more than one group in memory. */
export async function openParquetFile(path: string, columns: readonly Column[]): Promise<ParquetFile> {
  const parquet = await import("hyparquet-writer");
  const handle = await open(path, "wx");
  const writer = new parquet.ByteWriter();
  const file = new parquet.ParquetWriter({
    writer: flushInto(handle, writer),
    schema: parquetSchema(columns),
    codec: "GZIP",
    compressors: { GZIP: (bytes) => gzipSync(bytes, { level: GZIP_LEVEL }) },
    kvMetadata: [featureMetadata(columns)],
    createdBy: "imagenet-think",
  });
  return {
    writeGroup: (rows) => writeGroup(file, columns, rows),
    async finish() {
      await file.finish();
      await handle.close();
    },
    abandon: () => handle.close().catch(() => undefined),
  };
}

/** The writer calls `flush` after each group and waits for it. */
function flushInto(handle: FileHandle, writer: ByteWriter): ByteWriter {
  const flush = async () => {
    await handle.appendFile(writer.getBytes());
    writer.index = 0;
  };
  return Object.assign(writer, { flush, finish: flush });
}

async function writeGroup(file: ParquetWriter, columns: readonly Column[], rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const columnData = columns.map((column) => columnSource(column, rows));
  await file.write({ columnData, rowGroupSize: rows.length });
}

function columnSource({ name, kind }: Column, rows: readonly Row[]): ColumnSource {
  const data = rows.map((row) => row[name] ?? null);
  // Pictures are packed already, and hashing their bytes for a dictionary would only cost time.
  if (kind === "image" || kind === "images") {
    return { name, data, codec: "UNCOMPRESSED", encoding: "PLAIN", statistics: false };
  }
  return { name, data };
}
