import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "./duckdb.js";
import { SEGMENT_COLUMN_TYPES } from "./segment-columns.js";

/**
 * Throws where the table `sealed` is not all that was put into it, or the Parquet file at `path` differs from it in any
 * value. The database compares: taking the texts out again to hash them was a quarter of the work of sealing.
 */
export async function checkSegment(
  connection: DuckDBConnection,
  path: string,
  expected: { readonly rows: number; readonly replyBytes: number },
): Promise<void> {
  const differs = SEGMENT_COLUMN_TYPES.map(([name]) => `sealed.${name} IS DISTINCT FROM segment.${name}`);
  const found = await connection.runAndReadAll(
    `SELECT count(*), coalesce(sum(strlen(sealed.reply)), 0), count(*) FILTER (WHERE ${differs.join(" OR ")})
     FROM sealed POSITIONAL JOIN read_parquet(${sqlText(path)}) AS segment`,
  );
  const [rows, replyBytes, different] = (found.getRows()[0] ?? []).map(Number);
  if (rows === expected.rows && replyBytes === expected.replyBytes && different === 0) return;
  throw new Error("the segment does not read back as written");
}
