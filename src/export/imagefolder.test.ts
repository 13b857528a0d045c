import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exporterSuite, type ReadPair } from "../testing/exporter-suite.js";
import { MADE_UP_FACTS, type MadeUpExport, madeUpExport } from "../testing/made-up-export.js";
import { imagefolder } from "./imagefolder.js";
import { writeExport } from "./write-export.js";

exporterSuite({
  exporter: imagefolder,
  write: (exporter, input, to) => writeExport({ exporter, input, to, facts: MADE_UP_FACTS }),
  async read(folder) {
    const rows = [];
    const pictures = new Map<string, Uint8Array>();
    for (const split of ["train", "validation"]) {
      const found = await linesOf(join(folder, split, "metadata.jsonl")).catch(() => []);
      rows.push(...found);
      for (const row of found) {
        const path = join(folder, split, String(row.file_name));
        const bytes = await readFile(path).catch(() => null);
        if (bytes !== null) pictures.set(String(row.image_id), bytes);
      }
    }
    return { pairs: rows.flatMap(pairsOf), pictures };
  },
  readSplit: async (folder, split) => (await linesOf(join(folder, split, "metadata.jsonl"))).flatMap(pairsOf),
});

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "imagefolder-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function exported(name: string, options: MadeUpExport): Promise<string> {
  const to = join(root, name);
  await writeExport({ exporter: imagefolder, input: madeUpExport(options), to, facts: MADE_UP_FACTS });
  return to;
}

test("the metadata stands inside the split's folder, beside its pictures, and names them by relative paths", async () => {
  const folder = await exported("layout", { whole: true, withPixels: true, pictures: 8 });
  assert.deepEqual((await readdir(folder)).sort(), ["README.md", "TERMS.md", "manifest.json", "train"]);
  const rows = await linesOf(join(folder, "train", "metadata.jsonl"));
  assert.deepEqual(
    rows.map((row) => row.file_name),
    (await readdir(join(folder, "train"), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name !== "metadata.jsonl")
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "train/").length))
      .sort((a, b) => rows.findIndex((row) => row.file_name === a) - rows.findIndex((row) => row.file_name === b)),
  );
  for (const row of rows) assert.doesNotMatch(String(row.file_name), /^\/|\.\.|\\/);
});

test("without pixels the folder holds the table alone", async () => {
  const folder = await exported("pixel-free", { whole: true });
  assert.deepEqual(await readdir(join(folder, "train")), ["metadata.jsonl"]);
});

test("a picture that lacks a teacher is refused, not written with holes", async () => {
  await assert.rejects(exported("holes", { whole: false }), /has no pair of kimi/);
});

async function linesOf(path: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function pairsOf(row: Readonly<Record<string, unknown>>): ReadPair[] {
  const numbers = Object.keys(row).flatMap((name) => /^teacher(_\d+)$/.exec(name)?.[1] ?? []);
  const text = (name: string) => (row[name] === "" ? null : (row[name] as string | null));
  return numbers.map((suffix) => ({
    image_id: String(row.image_id),
    teacher: String(row[`teacher${suffix}`]),
    thinking: text(`thinking${suffix}`),
    answer: text(`answer${suffix}`),
  }));
}
