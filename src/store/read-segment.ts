import { type AttemptEvent, UserError } from "../records/index.js";
import { isMissing } from "./disk-error.js";
import { type DuckDb, openDuckDb, sqlText } from "./duckdb.js";
import { openParquet, type ParquetColumns } from "./parquet-file.js";
import { fromSegment, SEGMENT_COLUMN_TYPES, type SegmentColumn } from "./segment-columns.js";

const ALL_COLUMNS: readonly SegmentColumn[] = SEGMENT_COLUMN_TYPES.map(([name]) => name);
const MEMORY_LIMIT = "1GB";
/** Sealed rows from which DuckDB's faster zstd outweighs the 200 ms it takes to load. */
const WORTH_DUCKDB = 20_000;
/** Rows whose texts DuckDB hands over at once: so few that they are gone before they count as long-lived memory. */
const ROWS_AT_ONCE = 128;

/** Some columns of a segment, a row group at a time. */
export async function* readSegmentColumns(
  path: string,
  columns: readonly SegmentColumn[],
  from?: number,
  to?: number,
): AsyncGenerator<ParquetColumns> {
  const file = await openSegment(path);
  try {
    yield* file.columns(columns, from, to);
  } finally {
    await file.close();
  }
}

/** Whole events of a segment, a row group at a time. */
export async function* readSegment(path: string, from?: number, to?: number): AsyncGenerator<readonly AttemptEvent[]> {
  for await (const group of readSegmentColumns(path, ALL_COLUMNS, from, to)) {
    const columns = new Map(ALL_COLUMNS.map((name) => [name, group.get(name)]));
    yield eventsOf((name, row) => columns.get(name)?.[row] ?? null, 0, group.rows);
  }
}

/** Reads whole segments one after the other, by whatever is quickest for so many rows. */
export interface SegmentReader {
  read(path: string): AsyncGenerator<readonly AttemptEvent[]>;
  close(): void;
}

export async function openSegmentReader(rows: number): Promise<SegmentReader> {
  if (rows < WORTH_DUCKDB) return { read: (path) => readSegment(path), close: () => undefined };
  const duckDb = await openDuckDb(MEMORY_LIMIT);
  return { read: (path) => readByDuckDb(duckDb, path), close: () => duckDb.close() };
}

async function* readByDuckDb({ connection }: DuckDb, path: string): AsyncGenerator<readonly AttemptEvent[]> {
  const query = `SELECT ${ALL_COLUMNS.join(", ")} FROM read_parquet(${sqlText(path)})`;
  try {
    const result = await connection.stream(query);
    let next = result.fetchChunk();
    for (;;) {
      const chunk = await next;
      const rows = chunk?.rowCount ?? 0;
      if (chunk === null || rows === 0) return;
      const columns = new Map(ALL_COLUMNS.map((name, column) => [name, chunk.getColumnVector(column)]));
      // The next chunk is unpacked in DuckDB's thread while this one is being read.
      next = result.fetchChunk();
      next.catch(() => undefined);
      for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
        const to = Math.min(rows, from + ROWS_AT_ONCE);
        yield eventsOf((name, row) => columns.get(name)?.getItem(row) ?? null, from, to);
      }
      // Its ten megabytes lie outside the heap, so the collector would see no reason to hurry.
      chunk.reset();
    }
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error)) throw error;
    throw new UserError(`${path} cannot be read: ${error.message}`, { cause: error });
  }
}

/** The events of rows `from` (included) to `to` (excluded). */
function eventsOf(
  valueAt: (column: SegmentColumn, row: number) => unknown,
  from: number,
  to: number,
): readonly AttemptEvent[] {
  return Array.from({ length: to - from }, (_, at) => fromSegment((name) => valueAt(name, from + at)));
}

async function openSegment(path: string): ReturnType<typeof openParquet> {
  try {
    return await openParquet(path);
  } catch (error) {
    if (isMissing(error)) throw new UserError(`${path} is gone, though its .json says it counts; restore it`);
    throw error;
  }
}
