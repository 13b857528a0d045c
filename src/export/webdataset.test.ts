import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exporterSuite, type ReadPair } from "../testing/exporter-suite.js";
import { MADE_UP_FACTS, type MadeUpExport, madeUpExport } from "../testing/made-up-export.js";
import { extractTar } from "../testing/pack-tar.js";
import { openTarShards } from "./tar-shards.js";
import { webdataset } from "./webdataset.js";
import { writeExport } from "./write-export.js";

exporterSuite({
  exporter: webdataset,
  write: (exporter, input, to) => writeExport({ exporter, input, to, facts: MADE_UP_FACTS }),
  async read(folder) {
    const members = await membersOf(folder, "");
    const rows = members.filter(({ name }) => name.endsWith(".json")).map(rowOf);
    const pictures = new Map(
      members.flatMap(({ name, bytes }) => (name.endsWith(".jpg") ? [[name.slice(0, -4), bytes] as const] : [])),
    );
    return { pairs: rows.flatMap(pairsOf), pictures };
  },
  readSplit: async (folder, split) => (await membersOf(folder, split)).map(rowOf).flatMap(pairsOf),
});

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "webdataset-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function exported(name: string, options: MadeUpExport): Promise<string> {
  const to = join(root, name);
  await writeExport({ exporter: webdataset, input: madeUpExport(options), to, facts: MADE_UP_FACTS });
  return to;
}

test("the members of a sample stand side by side under one key without a dot", async () => {
  const folder = await exported("members", { whole: true, withPixels: true, pictures: 9 });
  const names = (await membersOf(folder, "train")).map(({ name }) => name);
  assert.equal(names.length, 18);
  for (let i = 0; i < names.length; i += 2) {
    const key = names[i]?.replace(/\.jpg$/, "");
    assert.match(key ?? "", /^[A-Za-z0-9_-]+$/);
    assert.equal(names[i + 1], `${key}.json`);
  }
});

test("every sample has the same keys, and values of one type that are never null", async () => {
  const folder = await exported("types", { whole: true, pictures: 20 });
  const members = await membersOf(folder, "train");
  const shapes = members.map(({ bytes }) => {
    const text = bytes.toString("utf8");
    // An int after floats, or the other way round, would be cut to the type of the first five.
    assert.match(text, /"weight":\d+\.\d+/);
    return Object.entries(JSON.parse(text) as object).map(([name, value]) => `${name}: ${typeof value}`);
  });
  for (const shape of shapes) assert.deepEqual(shape, shapes[0]);
  assert.ok(shapes[0]?.every((entry) => !entry.endsWith("object")));
});

test("shards are cut by size, between samples", async () => {
  const shards = await openTarShards(root, "cut", 2_500);
  const sample = (id: number) => [
    { name: `${id}.jpg`, bytes: Buffer.alloc(900, id) },
    { name: `${id}.json`, bytes: Buffer.from("{}") },
  ];
  for (const id of [1, 2, 3, 4, 5]) await shards.add(sample(id));
  await shards.add([{ name: "6.jpg", bytes: Buffer.alloc(9_000, 6) }]);
  await shards.finish();
  const names = (await readdir(root)).filter((name) => name.startsWith("cut-")).sort();
  assert.deepEqual(names, ["cut-000000.tar", "cut-000001.tar", "cut-000002.tar", "cut-000003.tar"]);
  const members = await Promise.all(names.map((name) => extractTar(join(root, name))));
  assert.deepEqual(
    members.map((shard) => shard.map(({ name }) => name)),
    [["1.jpg", "1.json", "2.jpg", "2.json"], ["3.jpg", "3.json", "4.jpg", "4.json"], ["5.jpg", "5.json"], ["6.jpg"]],
  );
});

async function membersOf(folder: string, split: string) {
  const names = (await readdir(folder)).filter((name) => name.startsWith(split) && name.endsWith(".tar"));
  return (await Promise.all(names.sort().map((name) => extractTar(join(folder, name))))).flat();
}

function rowOf({ bytes }: { readonly bytes: Buffer }): Record<string, unknown> {
  return JSON.parse(bytes.toString("utf8")) as Record<string, unknown>;
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
