import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Exporter } from "../records/index.js";
import { MADE_UP_FACTS, madeUpExport } from "../testing/made-up-export.js";
import { huggingface } from "./huggingface.js";
import { jsonl } from "./jsonl.js";
import { writeExport } from "./write-export.js";

const OUTCOMES = { answered: 24, truncated: 0, unparsed: 0, refused: 0, failed: 0, missing: 0 };
const FACTS = {
  ...MADE_UP_FACTS,
  options: { people: "review" },
  outcomes: { glm: OUTCOMES },
};
const HOST = hostname().replace(/[^A-Za-z0-9-]/g, "-");
/** Above every pid that Linux and macOS give out. */
const DEAD = 4_194_305;

let base = "";
let root = "";
let to = "";
before(async () => {
  base = await mkdtemp(join(tmpdir(), "write-export-"));
});
beforeEach(async () => {
  root = await mkdtemp(join(base, "case-"));
  to = join(root, "out");
});
after(() => rm(base, { recursive: true, force: true }));

const write = (exporter: Exporter = jsonl, options: Parameters<typeof madeUpExport>[0] = {}) =>
  writeExport({ exporter, input: madeUpExport(options), to, facts: FACTS });
const manifestOf = async (folder: string) => JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));

test("the manifest says what the export is and the hash of every other file", async () => {
  const result = await write(huggingface, { withPixels: true, whole: true });
  const manifest = await manifestOf(to);
  assert.equal(manifest.formatVersion, 1);
  assert.equal(manifest.format, "huggingface");
  assert.equal(manifest.rows, 24);
  assert.deepEqual(manifest.run, FACTS.run);
  assert.deepEqual(manifest.options, {
    people: "review",
    teachers: ["glm", "kimi"],
    withPixels: true,
    parts: "both",
    thinking: null,
    splits: ["train"],
  });
  assert.deepEqual(manifest.outcomes, FACTS.outcomes);
  assert.deepEqual(manifest.files, result.files);
  assert.deepEqual(
    result.files.map((file) => file.path),
    ["README.md", "TERMS.md", "data/train-00000-of-00001.parquet"],
  );
  for (const { path, bytes, sha256 } of result.files) {
    const content = await readFile(join(to, path));
    assert.equal(content.length, bytes);
    assert.equal(createHash("sha256").update(content).digest("hex"), sha256);
  }
  assert.match(await readFile(join(to, "TERMS.md"), "utf8"), /non-commercial research/);
});

test("the manifest names pairs whose text could not be written as it was", async () => {
  await write();
  const { replacedText } = await manifestOf(to);
  assert.ok(replacedText.pairs > 0);
  assert.match(replacedText.first[0], /^n\d+_\d+\/(glm|kimi)$/);
  await write(jsonl, { pictures: 1 });
  assert.deepEqual((await manifestOf(to)).replacedText, { pairs: 0, first: [] });
});

test("an export of the same run is replaced whole, whatever its format was", async () => {
  await write(huggingface);
  await write(jsonl, { pictures: 2 });
  assert.deepEqual((await readdir(to)).sort(), ["README.md", "manifest.json", "pairs.jsonl"]);
  assert.deepEqual(await readdir(root), ["out"]);
});

test("an old export that holds somebody's own files is kept under another name", async () => {
  await write();
  await writeFile(join(to, "notes.txt"), "mine");
  const { kept } = await write();
  assert.equal(kept, `${to}.kept-1`);
  assert.equal(await readFile(join(to, "..", "out.kept-1", "notes.txt"), "utf8"), "mine");
});

test("an empty folder is taken; anything else is refused by name and left alone", async () => {
  await mkdir(to);
  await write();
  const refused = (message: RegExp) => assert.rejects(write(), { name: "UserError", message });

  await writeFile(
    join(to, "manifest.json"),
    JSON.stringify({ tool: "imagenet-think", run: { name: "b", run8: "11111111" } }),
  );
  await refused(/another run, b \(11111111\)/);
  await writeFile(join(to, "manifest.json"), "{");
  await refused(new RegExp(`${to} is not empty`));
  assert.equal(await readFile(join(to, "manifest.json"), "utf8"), "{");
  await rm(to, { recursive: true });
  await writeFile(to, "a file");
  await refused(/is a file/);
  to = join(to, "below");
  await refused(/a part of the path is a file/);
});

test("an export that fails half-way leaves the old one as it was", async () => {
  await write(jsonl, { pictures: 3 });
  await assert.rejects(write(jsonl, { failAfter: 2 }), /the stream broke/);
  assert.equal((await manifestOf(to)).rows, 6);
  assert.deepEqual(await readdir(root), ["out"]);
});

test("a full disk is said in one sentence", async () => {
  const full: Exporter = {
    ...jsonl,
    write: () => Promise.reject(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" })),
  };
  await assert.rejects(write(full), {
    name: "UserError",
    message: /the disk is full; nothing was changed there; make room/,
  });
  assert.deepEqual(await readdir(root), []);
});

test("what killed exports left is put away at the next start, what runs elsewhere is not", async () => {
  const elsewhere = `.out.writing.another-host.${DEAD}`;
  await mkdir(join(root, `.out.writing.${HOST}.${DEAD}`, "pairs"), { recursive: true });
  await mkdir(join(root, elsewhere));
  await mkdir(join(root, ".out.writing-notes"));
  await write();
  assert.deepEqual((await readdir(root)).sort(), [elsewhere, ".out.writing-notes", "out"].sort());
});

test("an old export that a kill left moved aside comes back, also where the new one fails", async () => {
  await write(jsonl, { pictures: 3 });
  await rename(to, join(root, `.out.replaced.${HOST}.${DEAD}`));
  await assert.rejects(write(jsonl, { failAfter: 2 }), /the stream broke/);
  assert.equal((await manifestOf(to)).rows, 6);
  assert.deepEqual(await readdir(root), ["out"]);
});

test("a format without a place for pictures refuses pixels before it touches the disk", async () => {
  const blind: Exporter = { ...jsonl, carriesPixels: false };
  await assert.rejects(write(blind, { withPixels: true }), { name: "UsageError", message: /--with-pixels/ });
  assert.deepEqual(await readdir(root), []);
});
