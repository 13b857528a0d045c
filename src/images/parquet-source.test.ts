import assert from "node:assert/strict";
import { mkdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import type { CompressionCodec, SchemaElement } from "hyparquet";
import { parquetWriteFile } from "hyparquet-writer";
import { UserError } from "../records/index.js";
import { inTemporaryFolder, listAll, listAndRead, type NotedListing } from "../testing/index.js";
import { openParquetSource } from "./parquet-source.js";

interface Row {
  readonly bytes: string | null;
  readonly path: string | null;
  readonly wnid?: string | null;
}

const text = (name: string): SchemaElement => ({
  name,
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  repetition_type: "OPTIONAL",
});
const bytesOf = (value: string | null) => (value === null ? null : new Uint8Array(Buffer.from(value)));

/** Writes rows as Hugging Face does: `image` with bytes and path, and a label. */
function writeRows(
  filename: string,
  rows: readonly Row[],
  rowGroupSize = 100,
  codec: CompressionCodec = "SNAPPY",
): void {
  parquetWriteFile({
    filename,
    codec,
    rowGroupSize,
    schema: [
      { name: "root", num_children: 2 },
      { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      text("path"),
      text("wnid"),
    ],
    columnData: [
      { name: "image", data: rows.map(({ bytes, path }) => ({ bytes: bytesOf(bytes), path })) },
      { name: "wnid", data: rows.map(({ wnid }) => wnid ?? null) },
    ],
  });
}

async function listParquet(path: string): Promise<NotedListing> {
  return listAndRead(await openParquetSource(path));
}

test("a row is named by its path, labelled by its wnid, and nothing but names is read for that", () =>
  inTemporaryFolder(async (folder) => {
    const rows = Array.from({ length: 7 }, (_, i) => ({
      bytes: `picture ${i}`,
      path: `x/${i}.jpg`,
      wnid: `n0000000${i}`,
    }));
    writeRows(join(folder, "train.parquet"), rows, 3);
    const { listings, texts, problems } = await listParquet(folder);
    assert.deepEqual(
      listings,
      rows.map(({ path, wnid }, row) => ({ path, label: wnid, place: { path: "train.parquet", row } })),
    );
    assert.deepEqual(
      texts,
      rows.map(({ bytes }) => bytes),
    );
    assert.deepEqual(problems, []);
  }));

test("a plain binary column is found, its rows have no path, and a null is passed over", () =>
  inTemporaryFolder(async (folder) => {
    parquetWriteFile({
      filename: join(folder, "train.parquet"),
      schema: [
        { name: "root", num_children: 3 },
        text("caption"),
        { name: "jpg", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        text("class"),
      ],
      columnData: [
        { name: "caption", data: ["x", "y", "z"] },
        { name: "jpg", data: [bytesOf("one"), null, bytesOf("three")] },
        { name: "class", data: ["dog", "dog", null] },
      ],
    });
    const { listings, texts, problems } = await listParquet(join(folder, "train.parquet"));
    assert.deepEqual(listings, [
      { path: null, label: "dog", place: { path: "train.parquet", row: 0 } },
      { path: null, place: { path: "train.parquet", row: 2 } },
    ]);
    assert.deepEqual(texts, ["one", "three"]);
    assert.match(problems.join(), /row 1 of "train\.parquet" has neither bytes nor a path/);
  }));

test("a row without bytes is the file beside its Parquet file, and never one outside the source", () =>
  inTemporaryFolder(async (folder) => {
    const root = join(folder, "set");
    await mkdir(join(root, "data", "img"), { recursive: true });
    await writeFile(join(root, "data", "img", "a.jpg"), "beside");
    await writeFile(join(folder, "secret.jpg"), "secret");
    await symlink(join(folder, "secret.jpg"), join(root, "data", "img", "link.jpg"));
    const nameless = { bytes: null, wnid: null };
    writeRows(join(root, "data", "a.parquet"), [
      { ...nameless, path: "img/a.jpg" },
      { ...nameless, path: "../../secret.jpg" },
      { ...nameless, path: join(folder, "secret.jpg") },
      { bytes: "here", path: "/home/someone/b.jpg" },
    ]);
    const { paths, texts, problems } = await listParquet(root);
    assert.deepEqual(paths, ["img/a.jpg", null]);
    assert.deepEqual(texts, ["beside", "here"]);
    assert.equal(problems.length, 2);

    writeRows(join(root, "data", "a.parquet"), [{ ...nameless, path: "img/link.jpg" }]);
    await assert.rejects(listParquet(root), /link\.jpg" leads out of/);
    writeRows(join(root, "data", "a.parquet"), [{ ...nameless, path: "img/gone.jpg" }]);
    await assert.rejects(listParquet(root), /gone\.jpg" does not exist/);
  }));

test("what another writer packs is read, in every codec and encoding it has", () =>
  inTemporaryFolder(async (folder) => {
    const connection = await (await DuckDBInstance.create()).connect();
    const value = "CASE WHEN i % 7 = 3 THEN NULL ELSE encode(repeat('picture ' || (i % 50), i % 11)) END";
    const rows = `SELECT {bytes: ${value}, path: 'x/' || i || '.jpg'} AS image, 'n0000000' || (i % 3) AS wnid FROM range(3000) t(i)`;
    for (const codec of ["uncompressed", "snappy", "gzip", "zstd", "lz4_raw", "brotli"]) {
      for (const version of codec === "zstd" ? ["V1", "V2"] : ["V1"]) {
        const file = join(folder, `${codec}-${version}.parquet`);
        await connection.run(
          `COPY (${rows}) TO '${file}' (FORMAT parquet, COMPRESSION ${codec}, PARQUET_VERSION ${version}, ROW_GROUP_SIZE 2048)`,
        );
        const source = await openParquetSource(file);
        const listings = await listAll(source);
        assert.equal(listings.length, 3000);
        for (const { path, label, place } of listings) {
          const i = place.row ?? -1;
          assert.equal(path, `x/${i}.jpg`);
          assert.equal(label, `n0000000${i % 3}`);
          if (i % 7 !== 3)
            assert.equal((await source.read(place)).toString(), `picture ${i % 50}`.repeat(i % 11), file);
        }
      }
    }
    connection.closeSync();
  }));

for (const encoding of ["PLAIN", "RLE_DICTIONARY", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"] as const) {
  test(`values packed as ${encoding} are read`, () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "train.parquet");
      const values = Array.from({ length: 300 }, (_, i) => `front ${i % 40} `.repeat((i % 40) + 1));
      const data = values.map(bytesOf);
      parquetWriteFile({ filename: file, columnData: [{ name: "image", data, type: "BYTE_ARRAY", encoding }] });
      assert.deepEqual((await listParquet(file)).texts, values);
    }));
}

test("rows read in order unpack each row group once", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "train.parquet");
    writeRows(
      file,
      Array.from({ length: 2000 }, (_, i) => ({ bytes: `${i}`.repeat(2000), path: `${i}.jpg` })),
      100,
    );
    const source = await openParquetSource(file);
    const start = performance.now();
    for (let row = 0; row < 2000; row++)
      assert.equal((await source.read({ path: "train.parquet", row })).toString(), `${row}`.repeat(2000));
    assert.ok(performance.now() - start < 10_000);
    await assert.rejects(source.read({ path: "train.parquet", row: 2000 }), /has no row 2000/);
    await assert.rejects(source.read({ path: "train.parquet" }), /has no row/);
  }));

async function rejectsNaming(path: string, words: RegExp): Promise<void> {
  await assert.rejects(listParquet(path), (error) => {
    assert.ok(error instanceof UserError, `${error}`);
    assert.match(error.message, words);
    assert.ok(error.message.length < 800 && error.message.includes(path), error.message);
    return true;
  });
}

test("a file that is no Parquet, is cut off, or has a footer that cannot be, is named in one sentence", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "train.parquet");
    writeRows(file, [{ bytes: "one", path: "a.jpg" }]);
    const whole = await readFile(file);
    const withFooterLength = (length: number) => {
      const bytes = Buffer.from(whole);
      bytes.writeUInt32LE(length, bytes.length - 8);
      return bytes;
    };
    const broken = [
      whole.subarray(0, whole.length - 4),
      whole.subarray(0, 100),
      withFooterLength(0xffffffff),
      withFooterLength(whole.length * 2),
      withFooterLength(3),
      Buffer.from("PAR1PAR1"),
      Buffer.alloc(0),
      Buffer.from("<html>".repeat(100)),
    ];
    for (const bytes of broken) {
      await writeFile(file, bytes);
      await rejectsNaming(file, /cannot be read as Parquet/);
    }
  }));

test(
  "flipping any byte of a file gives its pictures or one sentence, and never takes the process",
  { timeout: 60_000 },
  () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "train.parquet");
      const rows = Array.from({ length: 5 }, (_, i) => ({
        bytes: `picture ${i}`,
        path: `${i}.jpg`,
        wnid: "n00000001",
      }));
      writeRows(file, rows);
      const whole = await readFile(file);
      let refused = 0;
      for (let at = 0; at < whole.length; at++) {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ (at % 2 === 0 ? 0xff : 0x10);
        await writeFile(file, bytes);
        await listParquet(file).catch((error: unknown) => {
          assert.ok(error instanceof UserError, `byte ${at}: ${error}`);
          refused++;
        });
      }
      assert.ok(refused > 100);
    }),
);

test("a page that claims millions of values, or unpacks without end, is refused before memory is taken", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "train.parquet");
    writeRows(file, [{ bytes: "one", path: "a.jpg" }], 100, "UNCOMPRESSED");
    // The page's own count: a zigzag varint of 1 in its header (0x02) behind the sizes, made a count of 2^28.
    const whole = await readFile(file);
    let refused = 0;
    for (let at = 4; at < 80; at++) {
      if (whole[at] !== 0x02) continue;
      const bytes = Buffer.from(whole);
      bytes.set([0xfe, 0xff, 0xff, 0xff, 0x0f], at);
      await writeFile(file, bytes);
      await listParquet(file).catch((error: unknown) => {
        assert.ok(error instanceof UserError, `${error}`);
        refused++;
      });
    }
    assert.ok(refused > 0);
    assert.ok(process.memoryUsage().rss < 1e9);
  }));

test("a codec that nobody reads, a table without pictures and a folder without Parquet are named", () =>
  inTemporaryFolder(async (folder) => {
    await rejectsNaming(folder, /holds no \.parquet file/);
    const file = join(folder, "words.parquet");
    parquetWriteFile({ filename: file, columnData: [{ name: "caption", data: ["x"], type: "STRING" }] });
    await rejectsNaming(file, /has no column of pictures among "caption"/);
    parquetWriteFile({
      filename: file,
      codec: "LZO",
      compressors: { LZO: (input) => input },
      columnData: [{ name: "image", data: [new Uint8Array(4000)], type: "BYTE_ARRAY", encoding: "PLAIN" }],
    });
    await rejectsNaming(file, /unsupported compression codec: LZO/);
    await truncate(file, 20);
    await rejectsNaming(file, /cannot be read as Parquet/);
  }));
