import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exporterSuite, type ReadPair } from "../testing/exporter-suite.js";
import { MADE_UP_FACTS, madeUpExport } from "../testing/made-up-export.js";
import { pairColumns } from "./columns.js";
import { jsonl } from "./jsonl.js";
import { writeExport } from "./write-export.js";

exporterSuite({
  exporter: jsonl,
  write: (exporter, input, to) => writeExport({ exporter, input, to, facts: MADE_UP_FACTS }),
  async read(folder) {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl"));
    const rows = (await Promise.all(names.map((name) => rowsOf(join(folder, name))))).flat();
    const pictures = new Map<string, Uint8Array>();
    for (const row of rows) {
      const bytes = await readFile(join(folder, row.file_name)).catch(() => null);
      if (bytes !== null) pictures.set(row.image_id, bytes);
    }
    return { pairs: rows.map(pairOf), pictures };
  },
  readSplit: async (folder, split) => (await rowsOf(join(folder, `pairs-${split}.jsonl`))).map(pairOf),
});

type FoundRow = ReadPair & { readonly file_name: string };

async function rowsOf(path: string): Promise<readonly FoundRow[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as FoundRow);
}

function pairOf({ image_id, teacher, thinking, answer }: FoundRow): ReadPair {
  return { image_id, teacher, thinking, answer };
}

test("a line has the columns of the pairs table, and no reader finds another line end inside it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "jsonl-"));
  await writeExport({
    exporter: jsonl,
    input: madeUpExport({ pictures: 12 }),
    to: join(folder, "export"),
    facts: MADE_UP_FACTS,
  });
  const text = await readFile(join(folder, "export", "pairs.jsonl"), "utf8");
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\u0085\u2028\u2029]/);
  assert.equal(lines.pop(), "");
  assert.equal(lines.length, 22);
  for (const line of lines) {
    assert.deepEqual(
      Object.keys(JSON.parse(line) as object),
      pairColumns({ thinking: null }).map((column) => column.name),
    );
  }
  await rm(folder, { recursive: true });
});
