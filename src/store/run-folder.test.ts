import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { makeHeader, makeSampleImage, makeVerdict } from "../testing/index.js";
import { openStore } from "./index.js";
import { SAMPLE_COLUMNS } from "./sample-columns.js";
import { writeTable } from "./write-table.js";

let folder = "";
let said: string[] = [];
const open = (path = join(folder, "run")) => openStore(path, { say: (sentence) => said.push(sentence) });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-"));
  said = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const FACTS = {
  images: 1,
  catalog: 1,
  outsideClasses: 0,
  notDrawn: 0,
  rejected: {},
  shortClasses: [],
  drawnUnder: null,
};

test("looking at a run creates nothing", async () => {
  const store = await open();
  await store.readHeader();
  await store.readSample();
  await store.unanswered();
  await store.attemptsOf("n1_1", "glm");
  assert.deepEqual(await readdir(folder), []);
});

test("a run of a newer program is refused with the advice to upgrade", async () => {
  const store = await open();
  await store.writeHeader(makeHeader());
  await writeFile(join(store.path, "run.json"), JSON.stringify(makeHeader({ formatVersion: 2 })));
  const refusal = { name: "UserError", message: /newer version .*format 2, this one knows 1.*upgrade/ };
  await assert.rejects(store.readHeader(), refusal);
  await assert.rejects(store.writeHeader(makeHeader()), refusal);
});

test("a damaged run.json is named", async () => {
  const store = await open();
  await mkdir(store.path);
  for (const text of ["", "{", "null", "[]", '{"formatVersion":"1"}']) {
    await writeFile(join(store.path, "run.json"), text);
    await assert.rejects(store.readHeader(), { name: "UserError", message: /run\.json is not the head of a run/ });
  }
});

test("a folder that holds other things is not made a run, one that holds our own remains is", async () => {
  const store = await open();
  await mkdir(store.path);
  await writeFile(join(store.path, ".run.json.0123456789ab.tmp"), "{");
  await writeFile(join(store.path, "holiday.jpg"), "");
  await assert.rejects(store.writeHeader(makeHeader()), { name: "UserError", message: /not empty.*holiday\.jpg/ });
  await rm(join(store.path, "holiday.jpg"));
  await store.writeHeader(makeHeader());
  assert.equal((await store.readHeader())?.run8, "0123abcd");
});

test("of two processes that make a folder a run together, one wins and the other is told", async () => {
  const stores = await Promise.all([open(), open()]);
  const results = await Promise.allSettled(
    stores.map((store, at) => store.writeHeader(makeHeader({ run8: `0000000${at}` }))),
  );
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const winner = results.findIndex(({ status }) => status === "fulfilled");
  assert.equal((await stores[0]?.readHeader())?.run8, `0000000${winner}`);
  assert.deepEqual(await readdir(join(folder, "run")), ["run.json"]);
});

test("a path that is a file, or lies below one, is refused early", async () => {
  await writeFile(join(folder, "file"), "");
  await assert.rejects(open(join(folder, "file")), { name: "UserError", message: /cannot read .*file: ENOTDIR/ });
  await assert.rejects(open(join(folder, "file", "run")), { name: "UserError" });
});

test("a folder that cannot be written says so in one sentence", async () => {
  const store = await open("/proc/imagenet-think-run");
  await assert.rejects(store.writeHeader(makeHeader()), {
    name: "UserError",
    message: /^cannot write \/proc\/imagenet-think-run/,
  });
});

test("a sample whose writing was cut off between its files does not count", async () => {
  const store = await open();
  await store.writeHeader(makeHeader());
  await store.writeSample({ images: [makeSampleImage(1)], rejected: [], facts: FACTS });
  const old = await readFile(join(store.path, "sample.json"));
  await store.writeSample({ images: [makeSampleImage(1), makeSampleImage(2)], rejected: [], facts: FACTS });
  await writeFile(join(store.path, "sample.json"), old);
  assert.equal(await store.readSample(), null);
  assert.equal(await store.readSampleFacts(), null);
  await rename(join(store.path, "sample.json"), join(store.path, "elsewhere.json"));
  assert.equal(await store.readSample(), null);
});

test("a sample from before there were checksums is read, one that lacks another column is not", async () => {
  const store = await open();
  await store.writeHeader(makeHeader());
  await store.writeSample({ images: [makeSampleImage(1)], rejected: [], facts: FACTS });
  const { draw } = JSON.parse(await readFile(join(store.path, "sample.json"), "utf8"));
  const writeWithout = (missing: string) => {
    const columns = SAMPLE_COLUMNS.filter(({ name }) => name !== missing);
    const notes = { "imagenet-think.draw": draw };
    return writeTable(join(store.path, "images.parquet"), [makeSampleImage(1)], columns, { notes });
  };
  await writeWithout("checksum");
  assert.deepEqual(await store.readSample(), [{ ...makeSampleImage(1), checksum: null }]);
  await writeWithout("sha256");
  await assert.rejects(store.readSample(), /images\.parquet is not a readable Parquet file .*sha256/);
});

test("verdicts before a torn end are kept, and the end is said once", async () => {
  const store = await open();
  const gate = await store.openGate();
  await gate.append([makeVerdict(1), makeVerdict(2)]);
  await gate.close();
  const [name = ""] = await readdir(join(store.path, "gate"));
  const bytes = await readFile(join(store.path, "gate", name));
  await writeFile(join(store.path, "gate", name), bytes.subarray(0, -10));
  const ids: string[] = [];
  for await (const { id } of store.readVerdicts()) ids.push(id);
  for await (const _again of store.readVerdicts());
  assert.deepEqual(ids, ["n02123045_1"]);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /cut off and is passed over/);
});
