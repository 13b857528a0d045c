import { stat } from "node:fs/promises";
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects, parquetSchema } from "hyparquet";
import { UserError } from "../records/index.js";
import { quoteName } from "./listing-rules.js";
import { findPictureColumns, narrowTo } from "./parquet-columns.js";
import { boundedCompressors, checkPages } from "./parquet-pages.js";
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

/** Footers of the largest published sets are a few MB. */
const MAX_FOOTER_BYTES = 64 * 1024 * 1024;

/** Reads the footer. Throws a `UserError` that names the file where it is no Parquet, broken, or has no pictures. */
export async function openParquetFile(path: string): Promise<ParquetFile> {
  const file = await asyncBufferOf(path);
  const { metadata, tree, columns } = await orUserError(path, async () => {
    await checkFooter(file);
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    const tree = parquetSchema(metadata);
    return { metadata, tree, columns: findPictureColumns(path, tree) };
  });
  let nextRow = 0;
  const groups = metadata.row_groups.map(({ num_rows }) => {
    const firstRow = nextRow;
    nextRow += Number(num_rows);
    return { firstRow, rows: Number(num_rows) };
  });

  const readRows = (group: number, leaves: readonly (readonly string[])[]) =>
    orUserError(path, async () => {
      const narrow = narrowTo(metadata, tree, leaves);
      const rowGroup = narrow.row_groups[group];
      if (rowGroup === undefined) throw new Error(`no row group ${group}`);
      if (rowGroup.columns.length !== leaves.length) throw new Error("a row group that lacks a column");
      await checkPages(file, rowGroup);
      const only = { ...narrow, row_groups: [rowGroup] };
      const options = { file, metadata: only, compressors: boundedCompressors, utf8: false, geoparquet: false };
      const rows: Record<string, unknown>[] = await parquetReadObjects(options);
      if (rows.length !== Number(rowGroup.num_rows)) throw new Error("fewer rows than its footer states");
      return rows;
    });

  return {
    groups,
    readNames: async (group) => {
      const leaves = [columns.path, columns.label].filter((leaf) => leaf !== null);
      const rows = leaves.length === 0 ? [] : await readRows(group, leaves);
      return rows.map((row) => ({ path: textAt(row, columns.path), label: textAt(row, columns.label) }));
    },
    readPictures: async (group) => {
      const leaves = [columns.bytes, columns.path].filter((leaf) => leaf !== null);
      const rows = await readRows(group, leaves);
      return rows.map((row) => {
        const bytes = valueAt(row, columns.bytes);
        return { bytes: bytes instanceof Uint8Array ? bytes : null, path: textAt(row, columns.path) };
      });
    },
  };
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

function valueAt(row: Readonly<Record<string, unknown>>, leaf: readonly string[]): unknown {
  const [column = "", inner] = leaf;
  const value = row[column];
  if (inner === undefined) return value;
  return isRecord(value) ? value[inner] : null;
}

/** A text that says something, null where it is absent or blank. */
function textAt(row: Readonly<Record<string, unknown>>, leaf: readonly string[] | null): string | null {
  const value = leaf === null ? null : valueAt(row, leaf);
  const text = value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : value;
  return typeof text === "string" && text.trim() !== "" ? text : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
