import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { exporterSuite, type ReadPair } from "../testing/exporter-suite.js";
import { MADE_UP_FACTS, madeUpExport, PROMPT } from "../testing/made-up-export.js";
import { huggingface } from "./huggingface.js";
import { writeExport } from "./write-export.js";

exporterSuite({
  exporter: huggingface,
  write: (exporter, input, to) => writeExport({ exporter, input, to, facts: MADE_UP_FACTS }),
  async read(folder) {
    const tables = await readdir(folder);
    if (tables.includes("pairs")) {
      const rows = await readRows(join(folder, "pairs"));
      return { pairs: rows.map((row) => pairOf(row, "")) };
    }
    const rows = await readRows(join(folder, "data"));
    const numbers = Object.keys(rows[0] ?? {}).flatMap((name) => /^teacher(_\d+)$/.exec(name)?.[1] ?? []);
    const pairs = rows.flatMap((row) =>
      numbers.filter((suffix) => row[`teacher${suffix}`] !== null).map((suffix) => pairOf(row, suffix)),
    );
    const pictures = new Map(
      rows.map((row) => [String(row.image_id), (row.image as { bytes: Uint8Array }).bytes] as const),
    );
    return { pairs, pictures };
  },
});

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "huggingface-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function exported(name: string, options: Parameters<typeof madeUpExport>[0]): Promise<string> {
  const to = join(root, name);
  await writeExport({ exporter: huggingface, input: madeUpExport(options), to, facts: MADE_UP_FACTS });
  return to;
}

test("without pixels there is a table of pairs and one of pictures, in sample order", async () => {
  const folder = await exported("pairs", { pictures: 10 });
  const pairs = await readRows(join(folder, "pairs"));
  const images = await readRows(join(folder, "images"));
  assert.equal(pairs.length, 18);
  assert.deepEqual(
    images.map((row) => row.image_id),
    [...new Set(pairs.map((row) => row.image_id))],
  );
  const first = {
    image_id: "n02123045_7",
    wnid: "n02123045",
    file_name: "n02123045/n02123045_7.JPEG",
    image_width: 640,
    image_height: 480,
    weight: 1,
    review: false,
  };
  const { image_sha256, ...image } = images[0] ?? {};
  assert.deepEqual(image, first);
  assert.match(String(image_sha256), /^[0-9a-f]{64}$/);
  assert.equal(pairs[0]?.prompt, PROMPT);
  assert.equal(pairs[0]?.observer, false);
  assert.equal(images[3]?.wnid, null);
});

test("the columns have the published names, order and types, and all are optional", async () => {
  const pairs = await metadata(join(await exported("columns", {}), "pairs"));
  assert.deepEqual(columnsOf(pairs).slice(0, 10), [
    ["image_id", "BYTE_ARRAY", "UTF8"],
    ["wnid", "BYTE_ARRAY", "UTF8"],
    ["file_name", "BYTE_ARRAY", "UTF8"],
    ["image_sha256", "BYTE_ARRAY", "UTF8"],
    ["image_width", "INT32", undefined],
    ["image_height", "INT32", undefined],
    ["teacher", "BYTE_ARRAY", "UTF8"],
    ["prompt", "BYTE_ARRAY", "UTF8"],
    ["thinking", "BYTE_ARRAY", "UTF8"],
    ["answer", "BYTE_ARRAY", "UTF8"],
  ]);
  assert.ok(pairs.schema.slice(1).every((element) => element.repetition_type === "OPTIONAL"));
});

test("the picture column is a nullable struct of bytes and path, declared as an Image", async () => {
  const wide = await metadata(join(await exported("wide", { withPixels: true, pictures: 230, whole: true }), "data"));
  const at = wide.schema.findIndex((element) => element.name === "image");
  assert.deepEqual(
    wide.schema
      .slice(at, at + 3)
      .map(({ name, converted_type, repetition_type }) => [name, converted_type, repetition_type]),
    [
      ["image", undefined, "OPTIONAL"],
      ["bytes", undefined, "OPTIONAL"],
      ["path", "UTF8", "OPTIONAL"],
    ],
  );
  const declared = wide.key_value_metadata?.find(({ key }) => key === "huggingface")?.value ?? "";
  const { features } = (JSON.parse(declared) as { info: { features: Record<string, unknown> } }).info;
  assert.deepEqual(features.image, { _type: "Image" });
  assert.deepEqual(features.answer_2, { dtype: "string", _type: "Value" });
  assert.deepEqual(
    wide.row_groups.map((group) => Number(group.num_rows)),
    [100, 100, 30],
  );
});

test("a table without rows has its columns and no row group", async () => {
  const pairs = await metadata(join(await exported("empty", { pictures: 0 }), "pairs"));
  assert.equal(pairs.row_groups.length, 0);
  assert.equal(columnsOf(pairs).length, 16);
});

test("DuckDB reads the tables in place and joins them by id", async () => {
  const folder = await exported("duckdb", { pictures: 2_100 });
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(`
    SELECT teacher, count(*)::INT AS pairs, count(thinking)::INT AS thoughts, count(DISTINCT image_sha256)::INT AS pictures
    FROM '${folder}/pairs/*.parquet' JOIN '${folder}/images/*.parquet' USING (image_id, image_sha256)
    GROUP BY teacher ORDER BY teacher`);
  assert.deepEqual(result.getRowObjects(), [
    { teacher: "glm", pairs: 2_100, thoughts: 2_100, pictures: 2_100 },
    { teacher: "kimi", pairs: 1_680, thoughts: 1_120, pictures: 1_680 },
  ]);
  connection.closeSync();
  instance.closeSync();
});

function pairOf(row: Readonly<Record<string, unknown>>, suffix: string): ReadPair {
  const text = (name: string) => row[`${name}${suffix}`] as string;
  return {
    image_id: String(row.image_id),
    teacher: text("teacher"),
    thinking: text("thinking"),
    answer: text("answer"),
  };
}

async function readRows(folder: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (const name of (await readdir(folder)).sort()) {
    assert.match(name, /^train-\d{5}-of-\d{5}\.parquet$/);
    const file = await asyncBufferFromFile(join(folder, name));
    rows.push(...(await parquetReadObjects({ file, compressors, utf8: false })));
  }
  return rows;
}

async function metadata(folder: string): Promise<FileMetaData> {
  const [name = ""] = await readdir(folder);
  return parquetMetadataAsync(await asyncBufferFromFile(join(folder, name)));
}

function columnsOf(file: FileMetaData) {
  return file.schema.slice(1).map(({ name, type, converted_type }) => [name, type, converted_type]);
}
