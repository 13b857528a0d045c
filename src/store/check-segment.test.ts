import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkSegment, SAMPLED_ROWS, type SealedRows } from "./check-segment.js";
import { type DuckDb, openDuckDb, sqlText } from "./duckdb.js";
import { SEGMENT_COLUMN_TYPES, type SegmentRow } from "./segment-columns.js";

const columns = SEGMENT_COLUMN_TYPES.map(([name, type]) => `${name} ${type}`).join(", ");

/** A table of 9,000 rows, the first with a reply of four bytes, and the same as a file of several row groups. */
async function withSegment(use: (db: DuckDb["connection"], path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "segment-"));
  const db = await openDuckDb("100MB");
  try {
    const path = join(folder, "segment.parquet");
    await db.connection.run(`CREATE TABLE sealed (${columns})`);
    await db.connection.run(
      `INSERT INTO sealed (id, status, completion_tokens, reply)
       SELECT 'n' || i, CASE i % 2 WHEN 0 THEN 200 END, i, CASE i WHEN 0 THEN 'né!' END FROM range(9000) AS numbers(i)`,
    );
    await db.connection.run(`COPY sealed TO ${sqlText(path)} (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
    await use(db.connection, path);
  } finally {
    db.close();
    await rm(folder, { recursive: true });
  }
}

const NOTHING = Object.fromEntries(SEGMENT_COLUMN_TYPES.map(([name]) => [name, null])) as unknown as SegmentRow;
const rowAt = (i: number): SegmentRow => ({
  ...NOTHING,
  id: `n${i}`,
  status: i % 2 === 0 ? 200 : null,
  completion_tokens: i,
  reply: i === 0 ? "né!" : null,
});
const WHOLE: SealedRows = {
  rows: 9_000,
  replyBytes: 4,
  sampled: Array.from({ length: Math.ceil(9_000 / SAMPLED_ROWS) }, (_, at) => rowAt(at * SAMPLED_ROWS)),
};
const REFUSED = { message: "the segment does not read back as written" };

test("a file that holds what the table does is good", () => withSegment((db, path) => checkSegment(db, path, WHOLE)));

for (const change of [
  "UPDATE sealed SET reply = 'nè!' WHERE id = 'n0'",
  "UPDATE sealed SET completion_tokens = 1 WHERE id = 'n7001'",
  "UPDATE sealed SET status = 500 WHERE id = 'n4101'",
  "UPDATE sealed SET status = NULL WHERE id = 'n4102'",
  "DELETE FROM sealed WHERE id = 'n8999'",
  "INSERT INTO sealed (id) VALUES ('d')",
]) {
  test(`one that differs is not: ${change}`, () =>
    withSegment(async (db, path) => {
      await db.run(change);
      const counted = await db.runAndReadAll("SELECT count(*), sum(strlen(reply)) FROM sealed");
      const [rows = 0, replyBytes = 0] = (counted.getRows()[0] ?? []).map(Number);
      const sampled = change.includes("'n0'")
        ? [{ ...rowAt(0), reply: "nè!" }, ...WHOLE.sampled.slice(1)]
        : WHOLE.sampled;
      await assert.rejects(checkSegment(db, path, { rows, replyBytes, sampled }), REFUSED);
    }));
}

test("a table that lacks something of what was put into it is not good either", () =>
  withSegment(async (db, path) => {
    await assert.rejects(checkSegment(db, path, { ...WHOLE, rows: 9_001 }), REFUSED);
    await assert.rejects(checkSegment(db, path, { ...WHOLE, replyBytes: 5 }), REFUSED);
    for (const changed of [
      { reply: "ném" },
      { status: null },
      { completion_tokens: 1 },
      { id: "n1" },
      { model: "m" },
    ]) {
      const sampled = [{ ...rowAt(0), ...changed }, ...WHOLE.sampled.slice(1)];
      await assert.rejects(checkSegment(db, path, { ...WHOLE, sampled }), REFUSED);
    }
  }));

test("what no column can hold is compared as it is kept", () =>
  withSegment(async (db, path) => {
    const sampled = [{ ...rowAt(0), prompt_tokens: 0.5, round: Number.NaN }, ...WHOLE.sampled.slice(1)];
    await checkSegment(db, path, { ...WHOLE, sampled });
  }));
