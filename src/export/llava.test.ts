import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exporterSuite, type ReadPair } from "../testing/exporter-suite.js";
import { MADE_UP_FACTS, type MadeUpExport, madeUpExport } from "../testing/made-up-export.js";
import { llava } from "./llava.js";
import { writeExport } from "./write-export.js";

exporterSuite({
  exporter: llava,
  write: (exporter, input, to) => writeExport({ exporter, input, to, facts: MADE_UP_FACTS }),
  read: (folder) => readFolder(folder, ["train.json", "validation.json"]),
  readSplit: async (folder, split) => (await rowsOf(join(folder, fileOf(split)))).map(pairOf),
});

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "llava-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function exported(name: string, options: MadeUpExport): Promise<string> {
  const to = join(root, name);
  await writeExport({ exporter: llava, input: madeUpExport(options), to, facts: MADE_UP_FACTS });
  return to;
}

const fileOf = (split: string) => `${split}.json`;

test("the file is one array of objects with ids of their own, and the mark stands at the front of the human turn", async () => {
  const rows = await rowsOf(join(await exported("array", { plain: true }), "train.json"));
  assert.equal(new Set(rows.map((row) => row.id)).size, rows.length);
  for (const row of rows) {
    const [human, gpt] = row.conversations as { from: string; value: string }[];
    assert.deepEqual([human?.from, gpt?.from], ["human", "gpt"]);
    assert.match(human?.value ?? "", /^<image>\n[^<]*$/);
    assert.doesNotMatch(gpt?.value ?? "", /<image>/);
  }
});

async function readFolder(folder: string, files: readonly string[]) {
  const rows = (await Promise.all(files.map((file) => rowsOf(join(folder, file)).catch(() => [])))).flat();
  const pictures = new Map<string, Uint8Array>();
  for (const row of rows) {
    const bytes = await readFile(join(folder, String(row.image))).catch(() => null);
    if (bytes !== null) pictures.set(String(row.image_id), bytes);
  }
  return { pairs: rows.map(pairOf), pictures };
}

function pairOf(row: Readonly<Record<string, unknown>>): ReadPair {
  const [, said] = row.conversations as readonly Record<string, string>[];
  const text = said?.value ?? "";
  const match = /^<think>\n([\s\S]*?)\n<\/think>(?:\n\n([\s\S]*))?$/.exec(text);
  const parts =
    match === null ? { thinking: null, answer: text } : { thinking: match[1] ?? null, answer: match[2] ?? null };
  return { image_id: String(row.image_id), teacher: String(row.teacher), ...parts };
}

async function rowsOf(path: string): Promise<readonly Record<string, unknown>[]> {
  return JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>[];
}
