import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type RejectedImage, type SampleFacts, type SampleImage, UserError } from "../records/index.js";
import { makeFolder, replaceFile } from "./atomic-file.js";
import { isMissing } from "./disk-error.js";
import { openParquet, type ParquetFile } from "./parquet-file.js";
import { hasNote } from "./parquet-note.js";
import { readTextOrNull } from "./read-text.js";
import {
  type Column,
  type Columns,
  REJECTED_COLUMNS,
  rejectedImageAt,
  SAMPLE_COLUMNS,
  sampleImageAt,
} from "./sample-columns.js";
import { writeTable } from "./write-table.js";

/** A key of each table's metadata: tables and `sample.json` belong together where it is the same. */
const DRAW_KEY = "imagenet-think.draw";

/** Thought of when there were samples already: null in those. */
const LATER_COLUMNS: ReadonlySet<string> = new Set(["checksum"]);

interface SampleFile {
  readonly formatVersion: 1;
  readonly draw: string;
  readonly images: number;
  readonly rejected: number;
  readonly facts: SampleFacts;
}

/** Writes both tables, then `sample.json`, whose rename is the moment the sample exists. */
export async function writeSample(
  root: string,
  sample: {
    readonly images: readonly SampleImage[];
    readonly rejected: Iterable<RejectedImage>;
    readonly facts: SampleFacts;
  },
): Promise<void> {
  await makeFolder(root);
  const draw = randomBytes(4).toString("hex");
  const notes = { [DRAW_KEY]: draw };
  const images = await writeTable(join(root, "images.parquet"), sample.images, SAMPLE_COLUMNS, { notes });
  const rejected = await writeTable(join(root, "rejected.parquet"), sample.rejected, REJECTED_COLUMNS, { notes });
  const file: SampleFile = {
    formatVersion: 1,
    draw,
    images,
    rejected,
    facts: sample.facts,
  };
  await replaceFile(join(root, "sample.json"), `${JSON.stringify(file, null, 1)}\n`);
}

/**
 * In sample order, of the images that `holds` names only those. Null before a sample was drawn, and where writing another
 * one was cut off: drawing again makes the same.
 */
export async function readSample(
  root: string,
  holds?: (imageId: string) => boolean,
): Promise<readonly SampleImage[] | null> {
  const table = await openTable(root, "images.parquet");
  return table === null ? null : readRows(table.table, SAMPLE_COLUMNS, sampleImageAt, holds);
}

export async function readRejected(root: string): Promise<readonly RejectedImage[]> {
  const table = await openTable(root, "rejected.parquet");
  return table === null ? [] : readRows(table.table, REJECTED_COLUMNS, rejectedImageAt);
}

export async function readSampleFacts(root: string): Promise<SampleFacts | null> {
  const file = await readSampleFile(root);
  if (file !== null && (await hasNote(join(root, "images.parquet"), DRAW_KEY, file.draw))) return file.facts;
  // Another process may be replacing both, or the table is gone or damaged, which the long way tells.
  const table = await openTable(root, "images.parquet");
  await table?.table.close();
  return table?.file.facts ?? null;
}

/** The table `sample.json` speaks of. A few looks, because another process may be replacing both. */
async function openTable(root: string, name: string): Promise<{ file: SampleFile; table: ParquetFile } | null> {
  const path = join(root, name);
  for (let look = 0; look < 3; look += 1) {
    const file = await readSampleFile(root);
    if (file === null) return null;
    try {
      const table = await openParquet(path);
      if (table.notes.get(DRAW_KEY) === file.draw) return { file, table };
      await table.close();
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return null;
}

async function readSampleFile(root: string): Promise<SampleFile | null> {
  const path = join(root, "sample.json");
  const text = await readTextOrNull(path);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${path} is damaged; delete it and start again: the sample is drawn anew from its verdicts`);
  }
}

async function readRows<T>(
  table: ParquetFile,
  columns: readonly Column<never>[],
  recordAt: (columns: Columns) => (row: number) => T,
  holds: (id: string) => boolean = () => true,
): Promise<readonly T[]> {
  const records: T[] = [];
  try {
    const asked = columns.filter(({ name }) => !LATER_COLUMNS.has(name) || table.names.has(name));
    for await (const group of table.columns(asked.map(({ name }) => name))) {
      const ids = group.get("id");
      const make = recordAt(group.get);
      for (let row = 0; row < group.rows; row += 1) if (holds(String(ids[row]))) records.push(make(row));
    }
  } finally {
    await table.close();
  }
  return records;
}
