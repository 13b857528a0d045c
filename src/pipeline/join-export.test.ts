import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exporters } from "../export/index.js";
import { dialectNamed } from "../parsing/index.js";
import type { SampleImage } from "../records/index.js";
import { openStore } from "../store/index.js";
import { madeUpPixels, packFiles, writeMadeUpRun } from "../testing/index.js";
import { exportRun } from "./export-run.js";
import { type JoinOptions, joinExport } from "./join-export.js";
import { StopSwitch } from "./stop-switch.js";

let base = "";
let run = "";
let pictures = "";
let sample: readonly SampleImage[] = [];

before(async () => {
  base = await mkdtemp(join(tmpdir(), "join-export-"));
  run = join(base, "run");
  pictures = join(base, "pictures");
  sample = await writeMadeUpRun({
    store: await openStore(run, { say: () => undefined }),
    pictures,
    images: 12,
    models: [
      { name: "glm", dialect: dialectNamed("glm") },
      { name: "kimi", dialect: dialectNamed("kimi") },
    ],
    reply: (place, model) => `<think>${model} sees ${place}.</think>Picture ${place}.`,
  });
});
after(() => rm(base, { recursive: true, force: true }));

async function exported(format: string, withPixels = false): Promise<string> {
  const to = join(base, `${format}${withPixels ? "-pixels" : ""}`);
  const shape = { teachers: null, parts: "both", thinking: null, subset: null, split: null, escape: false };
  await exportRun(run, { format, to, withPixels, ...shape, people: null, tokenizer: null, say: () => undefined });
  return to;
}

const joined = (folder: string, options: Partial<JoinOptions>) =>
  joinExport(folder, {
    pictures,
    source: null,
    to: null,
    say: () => undefined,
    stop: new StopSwitch(),
    onProgress: () => undefined,
    ...options,
  });

const fileName = (place: number) => sample[place]?.fileName ?? "";

for (const { format } of exporters) {
  test(`a joined ${format} export has the data files of one with pixels, byte for byte`, async () => {
    const folder = await exported(format);
    const to = join(base, `${format}-joined`);
    const report = await joined(folder, { to });
    assert.deepEqual([report.pictures, report.found, report.folder], [12, 12, to]);
    const [inside, back] = [await dataOf(await exported(format, true)), await dataOf(to)];
    assert.deepEqual([...back.keys()], [...inside.keys()]);
    for (const [path, bytes] of inside) assert.ok(back.get(path)?.equals(bytes), path);
    assert.match(await readFile(join(to, "README.md"), "utf8"), /12 of 12 were there with the hash/);
    assert.ok((await readdir(to)).includes("TERMS.md"));
    assert.deepEqual(
      (await readdir(base)).filter((name) => name.startsWith(".")),
      [],
    );
  });
}

test("pictures are found in tars, in shards, in Parquet and in other folders, by name or by their bytes", async () => {
  const folder = await exported("jsonl");
  const copies = join(base, "copies");
  await mkdir(join(copies, "flat"), { recursive: true });
  for (const { id } of sample) await writeFile(join(copies, "flat", `${id}.JPEG`), madeUpPixels(id));
  const byClass = new Map<string, [string, Buffer][]>();
  for (const { id, class: wnid } of sample) {
    byClass.set(wnid ?? "", [...(byClass.get(wnid ?? "") ?? []), [`${id}.JPEG`, madeUpPixels(id)]]);
  }
  await mkdir(join(copies, "tars"));
  for (const [wnid, files] of byClass) await writeFile(join(copies, "tars", `${wnid}.tar`), await packFiles(files));
  const places = [
    join(copies, "flat"),
    join(copies, "tars"),
    await exported("webdataset", true),
    await exported("huggingface", true),
    await exported("trl", true).then(() => join(base, "huggingface-pixels", "data")),
  ];
  for (const place of places) {
    const report = await joined(folder, { pictures: place });
    assert.equal(report.found, 12, place);
  }
  assert.equal((await joined(folder, {})).inPlace, 12);
  assert.equal((await joined(folder, { pictures: join(copies, "flat") })).inPlace, 0);
});

test("missing pictures and pictures with other bytes are counted apart, left out with their rows, and never written", async () => {
  const copy = join(base, "damaged");
  await cp(pictures, copy, { recursive: true });
  await rm(join(copy, fileName(2)));
  await writeFile(join(copy, fileName(5)), "another picture under the same name");
  const folder = await exported("llama-factory");
  const to = join(base, "damaged-joined");
  const report = await joined(folder, { pictures: copy, to });
  assert.deepEqual([report.found, report.missing, report.changed, report.unreadable], [10, 1, 1, 0]);
  assert.deepEqual(
    report.first.map((absent) => [absent.fileName, absent.fate]),
    [
      [fileName(2), "missing"],
      [fileName(5), "changed"],
    ],
  );
  assert.equal(report.rows, 20);
  const files = await dataOf(to);
  assert.equal(files.has(fileName(2)), false);
  assert.equal(files.has(fileName(5)), false);
  const listed = (await readFile(join(to, "missing.jsonl"), "utf8")).trim().split("\n");
  assert.deepEqual(
    listed.map((line) => (JSON.parse(line) as { fate: string }).fate),
    ["missing", "changed"],
  );
  assert.match(
    await readFile(join(to, "README.md"), "utf8"),
    /\*\*2 are left out with their pairs\*\*: 1 missing, 1 with other bytes/,
  );

  // Only what was not there is looked for again: the others wait in files named by their hash.
  for (const { fileName: name } of sample) await rm(join(copy, name), { force: true });
  await cp(join(pictures, fileName(2)), join(copy, fileName(2)));
  await cp(join(pictures, fileName(5)), join(copy, fileName(5)));
  const again = await joined(folder, { pictures: copy, to });
  assert.deepEqual([again.found, again.missing, again.rows], [12, 0, 24]);
  assert.equal((await readdir(to)).includes("missing.jsonl"), false);
  assert.deepEqual(
    (await readdir(base)).filter((name) => name.startsWith(".")),
    [],
  );
});

test("a stopped join writes nothing and goes on from the pictures it has", async () => {
  const folder = await exported("ms-swift");
  const to = join(base, "stopped");
  const stop = new StopSwitch();
  const report = await joined(folder, { to, stop, onProgress: () => stop.drain("stopped by a test") });
  assert.equal(report.stopped, true);
  assert.deepEqual(
    (await readdir(base)).filter((name) => name.includes("stopped")),
    [".stopped.pictures"],
  );
  assert.equal((await joined(folder, { to })).folder, to);
  assert.deepEqual(
    (await readdir(base)).filter((name) => name.includes("stopped")),
    ["stopped"],
  );
});

test("a picture damaged while it waits is not written", async () => {
  const folder = await exported("jsonl");
  const to = join(base, "waits");
  const stop = new StopSwitch();
  await joined(folder, { to, stop, onProgress: ({ done }) => done > 3 && stop.drain("stopped by a test") });
  const stage = join(base, ".waits.pictures");
  for (const entry of await readdir(stage, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await writeFile(join(entry.parentPath, entry.name), "damaged");
  }
  await assert.rejects(joined(folder, { to }), {
    name: "UserError",
    message: /was damaged; start the same line again/,
  });
  assert.deepEqual(
    (await readdir(base)).filter((name) => name.includes("waits")),
    [".waits.pictures"],
  );
});

test("what cannot be joined is refused in one sentence", async () => {
  const folder = await exported("jsonl");
  await assert.rejects(joined(pictures, {}), { name: "UserError", message: /holds no export/ });
  await assert.rejects(joined(await exported("trl", true), {}), { name: "UserError", message: /already/ });
  await assert.rejects(joined(folder, { to: folder }), { name: "UsageError", message: /export itself/ });
  await assert.rejects(joined(folder, { source: "tar" }), { name: "UsageError", message: /tar/ });
  await assert.rejects(joined(folder, { pictures: join(base, "nowhere") }), {
    name: "UserError",
    message: /does not exist/,
  });
  await mkdir(join(base, "empty"));
  await assert.rejects(joined(folder, { pictures: join(base, "empty") }), { name: "UserError", message: /neither/ });
  await mkdir(join(base, "strange"));
  await writeFile(join(base, "strange", "a.JPEG"), "x");
  await assert.rejects(joined(folder, { pictures: join(base, "strange"), to: join(base, "none") }), {
    name: "UserError",
    message: /none of the 12 pictures/,
  });
});

async function dataOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const data = files.filter((path) => !/(README\.md|manifest\.json)$/.test(path)).sort();
  return new Map(
    await Promise.all(data.map(async (path) => [path.slice(folder.length + 1), await readFile(path)] as const)),
  );
}
