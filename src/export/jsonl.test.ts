import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exporterSuite, type ReadPair } from "../testing/exporter-suite.js";
import { madeUpExport } from "../testing/made-up-export.js";
import { PAIR_COLUMNS } from "./columns.js";
import { jsonl } from "./jsonl.js";
import { writeExport } from "./write-export.js";

const FACTS = { run: { name: "made-up", run8: "0badcafe" }, toolVersion: "1.2.3", options: {}, outcomes: {} };

exporterSuite({
  exporter: jsonl,
  write: (exporter, input, to) => writeExport({ exporter, input, to, facts: FACTS }),
  async read(folder) {
    const text = await readFile(join(folder, "pairs.jsonl"), "utf8");
    const rows = text.split("\n").filter((line) => line !== "");
    return {
      pairs: rows.map((line) => {
        const { image_id, teacher, thinking, answer } = JSON.parse(line) as ReadPair;
        return { image_id, teacher, thinking, answer };
      }),
    };
  },
});

test("a line has the columns of the pairs table, and no reader finds another line end inside it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "jsonl-"));
  await writeExport({
    exporter: jsonl,
    input: madeUpExport({ pictures: 12 }),
    to: join(folder, "export"),
    facts: FACTS,
  });
  const text = await readFile(join(folder, "export", "pairs.jsonl"), "utf8");
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\u0085\u2028\u2029]/);
  assert.equal(lines.pop(), "");
  assert.equal(lines.length, 22);
  for (const line of lines) {
    assert.deepEqual(
      Object.keys(JSON.parse(line) as object),
      PAIR_COLUMNS.map((column) => column.name),
    );
  }
  await rm(folder, { recursive: true });
});
