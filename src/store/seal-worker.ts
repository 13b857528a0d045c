import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat, unlink } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import { BATCH_ENDPOINT } from "../records/index.js";
import { syncFile } from "./atomic-file.js";
import { checkSegment, SAMPLED_ROWS, type SealedRows } from "./check-segment.js";
import { decodeLine } from "./checked-line.js";
import { neverLeft } from "./count-cut.js";
import { openDuckDb, sqlText } from "./duckdb.js";
import type { SegmentInfo } from "./parts.js";
import { type Damage, readLines } from "./read-lines.js";
import type { SealReport, SealRequest } from "./seal.js";
import {
  type LineRecord,
  replyTextOf,
  SEGMENT_COLUMN_TYPES,
  type SegmentRow,
  storedValue,
  toSegmentRow,
} from "./segment-columns.js";

const MEMORY_LIMIT = "1GB";
const ROW_GROUP = 2048;

type Counts = Required<Pick<SegmentInfo, "rows" | "asked" | "batched" | "carried" | "damaged">>;

/** A child process's whole life: seals the journals it is sent, one after the other, and reports each. */
async function main(): Promise<void> {
  // A Ctrl-C reaches every process of the terminal; the parent decides when sealing ends.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"]) process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit(1));
  const requests = await new Promise<readonly SealRequest[]>((resolve) => process.once("message", resolve));
  for (const request of requests) await report(await seal(request));
  process.disconnect();
}

async function seal(request: SealRequest): Promise<SealReport> {
  const { journal, temporary } = request;
  try {
    const made = await writeParquet(request);
    await syncFile(temporary);
    const { size } = await stat(journal);
    return { ok: true, journal, ...made, journalBytes: size, sha256: await hashFile(temporary) };
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    return { ok: false, journal, message: error instanceof Error ? error.message : String(error) };
  }
}

async function writeParquet({ journal, temporary }: SealRequest): Promise<Counts> {
  const duckDb = await openDuckDb(MEMORY_LIMIT);
  try {
    const { replyBytes, sampled, ...counts } = await fill(duckDb.connection, journal);
    const options = `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP}`;
    await duckDb.connection.run(`COPY sealed TO ${sqlText(temporary)} (${options})`);
    await checkSegment(duckDb.connection, temporary, { rows: counts.rows, replyBytes, sampled });
    return counts;
  } finally {
    duckDb.close();
  }
}

/** Ended attempts in journal order, and requests without an end. */
async function fill(connection: DuckDBConnection, journal: string): Promise<Counts & SealedRows> {
  const columns = SEGMENT_COLUMN_TYPES.map(([name, type]) => `${name} ${type}`);
  await connection.run(`CREATE TABLE sealed (${columns.join(", ")})`);
  const appender = await connection.createAppender("sealed");
  const open = new Map<string, SegmentRow>();
  let rows = 0;
  let replyBytes = 0;
  const sampled: SegmentRow[] = [];
  let carried = 0;
  let damaged = 0;
  const add = (row: SegmentRow) => {
    appendRow(appender, row);
    replyBytes += typeof row.reply === "string" ? Buffer.byteLength(row.reply) : 0;
    if (rows % SAMPLED_ROWS === 0) sampled.push(row);
    rows += 1;
  };
  const onDamage = ({ kind }: Damage) => {
    if (kind === "corrupt") damaged += 1;
  };
  for await (const lines of readLines(journal, { onDamage })) {
    for (const { body, end } of lines) {
      const line = decodeLine<LineRecord>(body);
      const row = toSegmentRow(line, end, replyTextOf(body, line));
      if (line.event === "asked") open.set(`${line.id} ${line.attempt}`, row);
      else {
        const wasAsked = open.delete(`${line.id} ${line.attempt}`);
        if (!wasAsked && !line.endpoint.startsWith(BATCH_ENDPOINT) && !neverLeft(line)) carried += 1;
        add(row);
      }
    }
  }
  for (const row of open.values()) add(row);
  appender.closeSync();
  const batched = [...open.values()].filter((row) => String(row.endpoint).startsWith(BATCH_ENDPOINT)).length;
  return { rows, replyBytes, sampled, asked: open.size, batched, carried, damaged };
}

function appendRow(appender: DuckDBAppender, row: SegmentRow): void {
  for (const [name, type] of SEGMENT_COLUMN_TYPES) {
    const value = storedValue(type, row[name]);
    if (value === null) appender.appendNull();
    else if (type === "VARCHAR") appender.appendVarchar(String(value));
    else if (type === "BOOLEAN") appender.appendBoolean(value === true);
    else if (type === "BIGINT") appender.appendBigInt(BigInt(value));
    else appender.appendInteger(Number(value));
  }
  appender.endRow();
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function report(message: SealReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}

await main();
