import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { FileMetaData } from "hyparquet";
import { UserError } from "../records/index.js";

/** The released set on disk: Parquet files with `id`, `image` and one column of text a teacher, any of them missing. */
export interface ReleasedSet {
  /** The folder that file names are relative to. */
  readonly root: string;
  readonly files: readonly string[];
  readonly hasIds: boolean;
  readonly hasPictures: boolean;
  /** `answer_1`, `answer_2`, … in this order. */
  readonly answerColumns: readonly string[];
  readonly rows: number;
  /** Ids and texts, without pictures, a row group at a time in the order of the files. */
  read(): AsyncGenerator<ReleasedRow>;
}

export interface ReleasedRow {
  readonly file: string;
  /** In its file. */
  readonly row: number;
  readonly id: string | null;
  /** In the order of `answerColumns`. */
  readonly answers: readonly (string | null)[];
}

const ANSWER = /^answer(?:_(\d{1,3}))?$/;
/** Rows whose texts are in memory together. */
const ROWS_AT_ONCE = 1_024;

/** Opens it. Throws a `UserError` where the path holds no Parquet, or the columns are not those of the set. */
export async function openReleasedSet(path: string): Promise<ReleasedSet> {
  const { root, files } = await listParquet(path);
  const opened: { readonly file: string; readonly metadata: FileMetaData; readonly columns: readonly string[] }[] = [];
  for (const file of files) opened.push({ file, ...(await readFooter(join(root, file))) });
  const first = opened[0]?.columns ?? [];
  const answerColumns = first.filter((name) => ANSWER.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
  if (answerColumns.length === 0) {
    throw new UserError(
      `${path} has no column answer_1 or answer_2 among ${first.slice(0, 20).join(", ") || "none"}; this reads the released ImageNet-Think set`,
    );
  }
  const other = opened.find(({ columns }) => !answerColumns.every((name) => columns.includes(name)));
  if (other !== undefined) {
    throw new UserError(
      `${join(root, other.file)} lacks ${answerColumns.join(" or ")}, which the files before it have`,
    );
  }
  const columns = ["id", ...answerColumns];
  return {
    root,
    files,
    answerColumns,
    hasIds: opened.every(({ columns: names }) => names.includes("id")),
    hasPictures: opened.every(({ columns: names }) => names.includes("image")),
    rows: opened.reduce((sum, { metadata }) => sum + Number(metadata.num_rows), 0),
    async *read() {
      for (const { file, metadata, columns: names } of opened) {
        const wanted = columns.filter((name) => names.includes(name));
        for await (const { row, values } of readColumns(join(root, file), metadata, wanted)) {
          yield {
            file,
            row,
            id: textOf(values.id)?.trim() || null,
            answers: answerColumns.map((name) => textOf(values[name])),
          };
        }
      }
    },
  };
}

async function listParquet(path: string): Promise<{ root: string; files: readonly string[] }> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path} ${error.code === "ENOENT" ? "does not exist" : `cannot be read (${error.code})`}`);
  });
  if (!facts.isDirectory()) return { root: dirname(path), files: [basename(path)] };
  const files = (await readdir(path, { recursive: true })).filter((name) => /\.parquet$/i.test(name));
  if (files.length === 0) throw new UserError(`${path} holds no .parquet file`);
  return { root: path, files: files.map((name) => name.split("\\").join("/")).sort() };
}

async function readFooter(path: string): Promise<{ metadata: FileMetaData; columns: readonly string[] }> {
  return orUserError(path, async () => {
    const { asyncBufferFromFile, parquetMetadataAsync, parquetSchema } = await import("hyparquet");
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path), { geoparquet: false });
    return { metadata, columns: parquetSchema(metadata).children.map(({ element }) => element.name) };
  });
}

async function* readColumns(
  path: string,
  metadata: FileMetaData,
  columns: readonly string[],
): AsyncGenerator<{ readonly row: number; readonly values: Readonly<Record<string, unknown>> }> {
  const [{ asyncBufferFromFile, parquetReadObjects }, { compressors }] = await Promise.all([
    import("hyparquet"),
    import("hyparquet-compressors"),
  ]);
  const file = await asyncBufferFromFile(path);
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    for (let rowStart = start; rowStart < end; rowStart += ROWS_AT_ONCE) {
      const rowEnd = Math.min(end, rowStart + ROWS_AT_ONCE);
      const rows = await orUserError(path, () =>
        parquetReadObjects({ file, metadata, compressors, columns: [...columns], rowStart, rowEnd }),
      );
      for (const [index, values] of rows.entries()) yield { row: rowStart + index, values };
    }
    start = end;
  }
}

async function orUserError<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const words = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw new UserError(`${path} cannot be read as Parquet: ${words}; copy it again`, { cause: error });
  }
}

function numberOf(name: string): number {
  return Number(ANSWER.exec(name)?.[1] ?? 0);
}

function textOf(value: unknown): string | null {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  return value === null || value === undefined ? null : String(value);
}
