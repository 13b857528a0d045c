import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "./duckdb.js";
import { SEGMENT_COLUMN_TYPES, type SegmentRow, storedValue } from "./segment-columns.js";

/** Of so many rows one is compared with what was given to the database for it. */
export const SAMPLED_ROWS = 64;

/** What was given to the database for the table `sealed`. */
export interface SealedRows {
  readonly rows: number;
  readonly replyBytes: number;
  /** Rows 0, 64, 128… */
  readonly sampled: readonly SegmentRow[];
}

/**
 * Throws where the Parquet file at `path` differs from the table `sealed` in any value, or the table from what was put into
 * it in the number of its rows, the bytes of its replies, or a value of a sampled row. The database compares file and
 * table: taking all texts out again to hash them was a quarter of the work of sealing.
 */
export async function checkSegment(connection: DuckDBConnection, path: string, given: SealedRows): Promise<void> {
  const differs = SEGMENT_COLUMN_TYPES.map(([name]) => `sealed.${name} IS DISTINCT FROM segment.${name}`);
  const found = await connection.runAndReadAll(
    `SELECT count(*), coalesce(sum(strlen(sealed.reply)), 0), count(*) FILTER (WHERE ${differs.join(" OR ")})
     FROM sealed POSITIONAL JOIN read_parquet(${sqlText(path)}) AS segment`,
  );
  const [rows, replyBytes, different] = (found.getRows()[0] ?? []).map(Number);
  const isWhole = rows === given.rows && replyBytes === given.replyBytes && different === 0;
  if (!isWhole || !(await holdsSampled(connection, given.sampled))) {
    throw new Error("the segment does not read back as written");
  }
}

async function holdsSampled(connection: DuckDBConnection, sampled: readonly SegmentRow[]): Promise<boolean> {
  const names = SEGMENT_COLUMN_TYPES.map(([name]) => name);
  const found = await connection.runAndReadAll(
    `SELECT ${names.join(", ")} FROM sealed WHERE rowid % ${SAMPLED_ROWS} = 0 ORDER BY rowid`,
  );
  const expected = sampled.map((row) => SEGMENT_COLUMN_TYPES.map(([name, type]) => storedValue(type, row[name])));
  return asText(found.getRows()) === asText(expected);
}

/** Whole numbers come back as `bigint` or as `number`, by their column. */
function asText(rows: readonly (readonly unknown[])[]): string {
  return JSON.stringify(rows, (_, value) => (typeof value === "bigint" ? Number(value) : value));
}
