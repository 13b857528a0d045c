import { stat } from "node:fs/promises";
import { type AsyncBuffer, type ColumnMetaData, parquetMetadataAsync, parquetSchema } from "hyparquet";
import { UserError } from "../records/index.js";
import { quoteName } from "./listing-rules.js";
import { findPictureColumns, type Leaf } from "./parquet-columns.js";
import { MAX_COLUMN_BYTES, readByteArrays, tooLarge } from "./parquet-pages.js";
import { fileError, readFilePart } from "./read-file.js";

/** The pictures of one Parquet file, by row group. */
export interface ParquetFile {
  readonly groups: readonly { readonly firstRow: number; readonly rows: number }[];
  /** Paths and labels of a row group, without its pictures; empty where the file has no column for either. */
  readNames(group: number): Promise<readonly ParquetName[]>;
  /** The pictures of a row group. Their bytes are views into one buffer: copy what is kept. */
  readPictures(group: number): Promise<readonly ParquetPicture[]>;
}

export interface ParquetName {
  readonly path: string | null;
  readonly label: string | null;
}

/** `bytes` is null where the row only names a file. */
export interface ParquetPicture {
  readonly bytes: Uint8Array | null;
  readonly path: string | null;
}

/** The largest writers put a million rows into a group. */
const MAX_GROUP_ROWS = 4 * 1024 * 1024;
/** Footers of the largest published sets are a few MB. */
const MAX_FOOTER_BYTES = 64 * 1024 * 1024;

/** Reads the footer. Throws a `UserError` that names the file where it is no Parquet, broken, or has no pictures. */
export async function openParquetFile(path: string): Promise<ParquetFile> {
  const file = await asyncBufferOf(path);
  const { metadata, columns } = await orUserError(path, async () => {
    await checkFooter(file);
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    const tree = parquetSchema(metadata);
    return { metadata, columns: findPictureColumns(path, tree) };
  });
  let nextRow = 0;
  const groups = metadata.row_groups.map(({ num_rows }) => {
    const firstRow = nextRow;
    nextRow += Number(num_rows);
    return { firstRow, rows: Number(num_rows) };
  });

  const readLeaf = (group: number, leaf: Leaf) =>
    orUserError(path, async () => {
      const rowGroup = metadata.row_groups[group];
      const rows = Number(rowGroup?.num_rows);
      if (!(rows >= 0 && rows <= MAX_GROUP_ROWS)) throw new Error(`a row group of ${rows} rows`);
      const key = leaf.path.join("\0");
      const column = rowGroup?.columns.find(({ meta_data: meta }) => meta?.path_in_schema.join("\0") === key);
      if (column?.meta_data === undefined) throw new Error(`a row group without ${quoteName(leaf.path.join("."))}`);
      if (column.file_path !== undefined) throw new Error("a column in another file");
      return readByteArrays(await readChunk(file, column.meta_data), column.meta_data, { rows, ...leaf });
    });
  const readTexts = async (group: number, leaf: Leaf | null) =>
    leaf === null ? [] : (await readLeaf(group, leaf)).map(textOf);

  return {
    groups,
    readNames: async (group) => {
      const paths = await readTexts(group, columns.path);
      const labels = await readTexts(group, columns.label);
      const count = Math.max(paths.length, labels.length);
      return Array.from({ length: count }, (_, i) => ({ path: paths[i] ?? null, label: labels[i] ?? null }));
    },
    readPictures: async (group) => {
      const pictures = await readLeaf(group, columns.bytes);
      const paths = await readTexts(group, columns.path);
      return pictures.map((bytes, i) => ({ bytes, path: paths[i] ?? null }));
    },
  };
}

async function readChunk(file: AsyncBuffer, column: ColumnMetaData): Promise<Uint8Array> {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  if (!(start >= 0 && end >= start && end <= file.byteLength)) throw new Error("a column that lies outside the file");
  if (end - start > MAX_COLUMN_BYTES) throw tooLarge(end - start);
  return new Uint8Array(await file.slice(start, end));
}

async function asyncBufferOf(path: string): Promise<AsyncBuffer> {
  const facts = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  return {
    byteLength: facts.size,
    slice: async (start, end = facts.size) => {
      const { buffer, byteOffset, byteLength } = await readFilePart(path, { offset: start, length: end - start });
      const bytes = new ArrayBuffer(byteLength);
      new Uint8Array(bytes).set(new Uint8Array(buffer, byteOffset, byteLength));
      return bytes;
    },
  };
}

async function checkFooter(file: AsyncBuffer): Promise<void> {
  if (file.byteLength < 12) throw new Error("it is too short");
  const length = new DataView(await file.slice(file.byteLength - 8, file.byteLength)).getUint32(0, true);
  if (length > Math.min(file.byteLength - 12, MAX_FOOTER_BYTES)) throw new Error(`a footer of ${length} bytes`);
}

/** Whatever a reader of hostile bytes throws is one sentence about the file. */
async function orUserError<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const words = error instanceof Error ? error.message.replace(/^parquet /, "").slice(0, 300) : String(error);
    throw new UserError(`${quoteName(path)} cannot be read as Parquet: ${words}; copy it again or write it anew`, {
      cause: error,
    });
  }
}

/** A text that says something, null where it is absent or blank. */
function textOf(bytes: Uint8Array | null): string | null {
  const text = bytes === null ? "" : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return text.trim() === "" ? null : text;
}
