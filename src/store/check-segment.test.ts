import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkSegment } from "./check-segment.js";
import { type DuckDb, openDuckDb, sqlText } from "./duckdb.js";
import { SEGMENT_COLUMN_TYPES } from "./segment-columns.js";

const columns = SEGMENT_COLUMN_TYPES.map(([name, type]) => `${name} ${type}`).join(", ");

/** A table of three rows, one with a reply of four bytes, and the same as a file. */
async function withSegment(use: (db: DuckDb["connection"], path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "segment-"));
  const db = await openDuckDb("100MB");
  try {
    const path = join(folder, "segment.parquet");
    await db.connection.run(`CREATE TABLE sealed (${columns})`);
    await db.connection.run(
      "INSERT INTO sealed (id, status, reply) VALUES ('a', 200, 'né!'), ('b', NULL, NULL), ('c', 500, NULL)",
    );
    await db.connection.run(`COPY sealed TO ${sqlText(path)} (FORMAT parquet)`);
    await use(db.connection, path);
  } finally {
    db.close();
    await rm(folder, { recursive: true });
  }
}

const WHOLE = { rows: 3, replyBytes: 4 };
const REFUSED = { message: "the segment does not read back as written" };

test("a file that holds what the table does is good", () => withSegment((db, path) => checkSegment(db, path, WHOLE)));

for (const change of [
  "UPDATE sealed SET reply = 'nè!' WHERE id = 'a'",
  "UPDATE sealed SET status = 500 WHERE id = 'b'",
  "UPDATE sealed SET status = NULL WHERE id = 'c'",
  "DELETE FROM sealed WHERE id = 'c'",
  "INSERT INTO sealed (id) VALUES ('d')",
]) {
  test(`one that differs is not: ${change}`, () =>
    withSegment(async (db, path) => {
      await db.run(change);
      const counted = await db.runAndReadAll("SELECT count(*), sum(strlen(reply)) FROM sealed");
      const [rows = 0, replyBytes = 0] = (counted.getRows()[0] ?? []).map(Number);
      await assert.rejects(checkSegment(db, path, { rows, replyBytes }), REFUSED);
    }));
}

test("a table that lacks something of what was put into it is not good either", () =>
  withSegment(async (db, path) => {
    await assert.rejects(checkSegment(db, path, { ...WHOLE, rows: 4 }), REFUSED);
    await assert.rejects(checkSegment(db, path, { ...WHOLE, replyBytes: 5 }), REFUSED);
  }));
