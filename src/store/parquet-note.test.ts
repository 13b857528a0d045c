import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { hasNote } from "./parquet-note.js";
import { writeTable } from "./write-table.js";

const folder = await mkdtemp(join(tmpdir(), "note-"));
after(() => rm(folder, { recursive: true, force: true }));

test("a note of a table is told from its footer alone, its value to the letter", async () => {
  const table = join(folder, "table.parquet");
  const column = { name: "n", type: "STRING", nullable: false, value: (text: string) => text } as const;
  await writeTable(table, ["draw", "0a1b2c3d"], [column], { notes: { other: "0a1b2c3d", draw: "4e5f6071" } });
  assert.equal(await hasNote(table, "draw", "4e5f6071"), true);
  assert.equal(await hasNote(table, "other", "0a1b2c3d"), true);
  assert.equal(await hasNote(table, "draw", "0a1b2c3d"), false);
  assert.equal(await hasNote(table, "draw", "4e5f607"), false);
});

test("a file that is no table, or is not there, has no note", async () => {
  const path = join(folder, "other.parquet");
  assert.equal(await hasNote(path, "draw", "x"), false);
  for (const content of ["", "PAR1", "\xff\xff\xff\xffPAR1", "PAR1 and some words that are none"]) {
    await writeFile(path, content, "latin1");
    assert.equal(await hasNote(path, "draw", "x"), false, content);
  }
});
