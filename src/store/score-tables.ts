import { createHash, randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, type MetricFacts, type Score, UserError } from "../records/index.js";
import { makeFolder, replaceFile } from "./atomic-file.js";
import { isMissing } from "./disk-error.js";
import { openParquet, type ParquetColumns } from "./parquet-file.js";
import { readTextOrNull } from "./read-text.js";
import type { Column } from "./sample-columns.js";
import { writeTable } from "./write-table.js";

/** One pair's score. */
export interface ScoreRow {
  readonly image: string;
  /** Whose text was the hypothesis. */
  readonly model: string;
  /** Whose text was the reference. */
  readonly reference: string;
  readonly score: Score;
  /** Eight hex digits of the hash of each text, reference first: a text that changed has no score yet. */
  readonly texts: string;
}

/** What a table holds, and how its numbers came about. */
export interface ScoreTableFacts extends MetricFacts {
  readonly formatVersion: 1;
  readonly part: "thinking" | "answer";
  /** Fitted on all pairs of the table: never added to, only written anew. */
  readonly fitted: boolean;
  /** Computed elsewhere and taken in. */
  readonly imported: boolean;
}

/** The scores of one part of all pairs under one protocol: a folder of Parquet files, the newest of which counts. */
export interface ScoreTable {
  readonly path: string;
  /** Null where nothing was scored yet. */
  readFacts(): Promise<ScoreTableFacts | null>;
  /** Oldest first. */
  rows(): AsyncGenerator<ScoreRow>;
  /** Adds a file; `notes` go into its metadata. Readers see all of it or nothing. */
  append(facts: ScoreTableFacts, rows: Iterable<ScoreRow>, notes?: Readonly<Record<string, string>>): Promise<void>;
  /** The notes of each file, oldest first. */
  notes(): Promise<readonly ReadonlyMap<string, string>[]>;
  /** Takes all files away but `keep` newest. */
  forget(keep: number): Promise<void>;
}

const PART = /^(\d{6})-[0-9a-f]{4}\.parquet$/;
const FACTS = "protocol.json";

/** `scores/<part>/<metric>-<8 hex digits of the protocol>`; the protocol is the one known before anything is fitted. */
export function scoreTable(run: string, part: string, facts: Pick<MetricFacts, "name" | "protocol">): ScoreTable {
  const digest = createHash("sha256").update(canonicalJson(facts.protocol)).digest("hex").slice(0, 8);
  return openTable(join(run, "scores", part, `${facts.name}-${digest}`));
}

/** Every table of a part, by name. */
export async function listScoreTables(run: string, part: string): Promise<readonly ScoreTable[]> {
  const folder = join(run, "scores", part);
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names.sort().map((name) => openTable(join(folder, name)));
}

function openTable(path: string): ScoreTable {
  const files = async () => {
    const names = await readdir(path).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    return names.filter((name) => PART.test(name)).sort();
  };
  return {
    path,
    readFacts: () => readFacts(join(path, FACTS)),
    async *rows() {
      for (const name of await files()) yield* readRows(join(path, name));
    },
    async append(facts, rows, notes = {}) {
      await makeFolder(path);
      await replaceFile(join(path, FACTS), `${JSON.stringify(facts, null, 2)}\n`);
      const last = (await files()).at(-1);
      const number = 1 + (last === undefined ? 0 : Number(PART.exec(last)?.[1] ?? 0));
      // Random digits, so that two that score at once never take each other's file away.
      const name = `${String(number).padStart(6, "0")}-${randomBytes(2).toString("hex")}.parquet`;
      const shape = { "imagenet-think.shape": facts.shape };
      await writeTable(join(path, name), rows, columnsOf(facts), { notes: { ...notes, ...shape } });
    },
    async notes() {
      const all: ReadonlyMap<string, string>[] = [];
      for (const name of await files()) {
        const file = await openParquet(join(path, name));
        all.push(file.notes);
        await file.close();
      }
      return all;
    },
    async forget(keep) {
      const names = await files();
      for (const name of names.slice(0, names.length - keep)) await rm(join(path, name), { force: true });
    },
  };
}

async function readFacts(path: string): Promise<ScoreTableFacts | null> {
  const text = await readTextOrNull(path);
  if (text === null) return null;
  let facts: ScoreTableFacts;
  try {
    facts = JSON.parse(text) as ScoreTableFacts;
  } catch {
    throw new UserError(`${path} is not JSON; move its folder away and score again`);
  }
  if (facts.formatVersion !== 1) {
    throw new UserError(`${path} was written by a later version of this program (format ${facts.formatVersion})`);
  }
  return facts;
}

const NUMBERS = { one: ["value"], prf: ["precision", "recall", "f1"] } as const;

function columnsOf({ shape }: ScoreTableFacts): Column<ScoreRow>[] {
  const text = (name: "image" | "model" | "reference" | "texts"): Column<ScoreRow> => ({
    name,
    type: "STRING",
    nullable: false,
    value: (row) => row[name],
  });
  const numbers = NUMBERS[shape].map(
    (name): Column<ScoreRow> => ({ name, type: "DOUBLE", nullable: true, value: ({ score }) => numberOf(score, name) }),
  );
  return [text("image"), text("model"), text("reference"), ...numbers, text("texts")];
}

function numberOf(score: Score, name: "value" | "precision" | "recall" | "f1"): number | null {
  if (score === null) return null;
  if (typeof score === "number") return name === "value" ? score : null;
  return name === "value" ? null : score[name];
}

async function* readRows(path: string): AsyncGenerator<ScoreRow> {
  const file = await openParquet(path);
  try {
    const isOne = file.notes.get("imagenet-think.shape") === "one";
    const numbers: readonly string[] = isOne ? NUMBERS.one : NUMBERS.prf;
    for await (const group of file.columns(["image", "model", "reference", ...numbers, "texts"])) {
      for (let at = 0; at < group.rows; at++) yield rowAt(group, at, isOne);
    }
  } finally {
    await file.close();
  }
}

function rowAt(group: ParquetColumns, at: number, isOne: boolean): ScoreRow {
  const text = (name: string) => String(group.get(name)[at]);
  const number = (name: string): number | null => {
    const value = group.get(name)[at];
    return typeof value === "number" ? value : null;
  };
  const row = { image: text("image"), model: text("model"), reference: text("reference"), texts: text("texts") };
  if (isOne) return { ...row, score: number("value") };
  const [precision, recall, f1] = [number("precision"), number("recall"), number("f1")];
  return { ...row, score: precision === null || recall === null || f1 === null ? null : { precision, recall, f1 } };
}
