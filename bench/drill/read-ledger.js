// Reads the ledger of a run from its files as docs/run-folder.md describes them, with nothing of the program's own
// code: sealed segments that have their `.json`, and the journals beside them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/** Every event of the run, sorted by writer and number. `asked` stands apart only where no `ended` does. */
export async function readLedger(run) {
  const replies = join(run, "replies");
  const events = new Map();
  for (const model of readdirSync(replies)) {
    const folder = join(replies, model);
    const names = readdirSync(folder);
    const isSealed = (name) => existsSync(join(folder, name.replace(/\.(parquet|jsonl)$/, ".json")));
    const segments = names.filter((name) => name.endsWith(".parquet") && !name.startsWith(".") && isSealed(name));
    for (const row of await readSegments(segments.map((name) => join(folder, name)))) add(events, row);
    for (const name of names.filter((each) => each.endsWith(".jsonl") && !isSealed(each))) {
      for (const line of readJournal(join(folder, name))) add(events, line);
    }
  }
  return [...events.values()];
}

/** The whole lines of a journal: its writer may have been killed in the middle of the last one. */
export function readJournal(path) {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const { id, event, model, attempt, endpoint, countsAsTry, fault, reply } = JSON.parse(line);
    return {
      image: id,
      event,
      model,
      attempt,
      endpoint,
      countsAsTry: countsAsTry ?? false,
      fault: fault ?? null,
      reply: reply ?? null,
    };
  });
}

/** Ids of the sample, in its order. */
export async function readSampleIds(run) {
  const rows = await query(`SELECT id FROM read_parquet('${join(run, "images.parquet")}')`);
  return rows.map(({ id }) => id);
}

async function readSegments(paths) {
  if (paths.length === 0) return [];
  const list = paths.map((path) => `'${path}'`).join(", ");
  const rows = await query(
    `SELECT id AS image, event, model, attempt, endpoint, counts_as_try, fault, reply FROM read_parquet([${list}])`,
  );
  return rows.map(({ counts_as_try, fault, reply, ...rest }) => ({
    ...rest,
    countsAsTry: counts_as_try === true,
    fault: fault === null ? null : JSON.parse(fault),
    reply: reply === null ? null : JSON.parse(reply),
  }));
}

async function query(sql) {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function add(events, event) {
  const name = `${event.image}/${event.model}/${event.attempt}`;
  const known = events.get(name);
  if (known === undefined || (known.event === "asked" && event.event === "ended")) events.set(name, event);
}
