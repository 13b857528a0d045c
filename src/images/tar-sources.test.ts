import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type SourceKind, UserError } from "../records/index.js";
import {
  inTemporaryFolder,
  listAndRead,
  type NotedListing,
  packFiles,
  packTar,
  type TarFixture,
} from "../testing/index.js";
import { openSource } from "./open-source.js";

const A = Buffer.from("first picture");
const B = Buffer.from("second picture");

async function listAt(source: SourceKind, path: string): Promise<NotedListing> {
  return listAndRead(await openSource({ source, path }));
}

function listTar(bytes: Buffer, name = "dogs.tar", source: SourceKind = "imagenet-tar"): Promise<NotedListing> {
  return inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, name), bytes);
    return listAt(source, join(folder, name));
  });
}

/** Writes the checksum a header block should have. */
function seal(block: Buffer): void {
  block.fill(0x20, 148, 156);
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}

test("a class tar lends its name to its pictures, once", async () => {
  const { paths } = await listTar(await packFiles([["a.jpg", A]]));
  assert.deepEqual(paths, ["dogs/a.jpg"]);
  await inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, "dogs.tar"), await packFiles([["./dogs/a.jpg", A]]));
    await writeFile(join(folder, "cats.tar"), await packFiles([["young/a.jpg", B]]));
    assert.deepEqual([...(await listAt("imagenet-tar", folder)).paths].sort(), ["cats/young/a.jpg", "dogs/a.jpg"]);
  });
});

test("the winter21 layout reads the same inside an outer tar and unpacked", async () => {
  const inner = await packFiles([
    ["n02123045_1.JPEG", A],
    ["n02123045_2.JPEG", B],
  ]);
  const expected = ["winter21_whole/n02123045/n02123045_1.JPEG", "winter21_whole/n02123045/n02123045_2.JPEG"];
  await inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, "any.tar"), await packFiles([["winter21_whole/n02123045.tar", inner]]));
    await mkdir(join(folder, "unpacked", "winter21_whole"), { recursive: true });
    await writeFile(join(folder, "unpacked", "winter21_whole", "n02123045.tar"), inner);
    for (const path of ["any.tar", "unpacked"]) {
      const { paths, texts } = await listAt("imagenet-tar", join(folder, path));
      assert.deepEqual(paths, expected);
      assert.deepEqual(texts, [A, B].map(String));
    }
  });
});

test("long names and sizes are read as GNU and pax write them", async () => {
  const long = `${"deep/".repeat(40)}${"x".repeat(120)}.jpg`;
  const pax = await listTar(
    await packFiles([
      [long, A],
      ["b.jpg", B],
    ]),
  );
  assert.deepEqual(pax.paths, [long, "dogs/b.jpg"]);
  assert.deepEqual(pax.texts, [A, B].map(String));

  await inTemporaryFolder(async (folder) => {
    await mkdir(join(folder, "in", "deep".repeat(40)), { recursive: true });
    const name = join("deep".repeat(40), `${"y".repeat(150)}.jpg`);
    await writeFile(join(folder, "in", name), A);
    for (const format of ["gnu", "pax", "ustar", "v7"]) {
      const file = join(folder, `${format}.tar`);
      const args = format === "gnu" || format === "pax" ? [name] : [];
      await writeFile(join(folder, "in", "b.jpg"), B);
      spawnSync("tar", [`--format=${format}`, "-cf", file, "-C", join(folder, "in"), "b.jpg", ...args]);
      const { paths, texts, problems } = await listAt("imagenet-tar", file);
      assert.deepEqual(paths, [`${format}/b.jpg`, ...args]);
      assert.deepEqual(texts, [B, ...args.map(() => A)].map(String));
      assert.deepEqual(problems, []);
    }
  });
});

test("hostile members are passed over with a sentence each, and nothing is ever written", async () => {
  const members: TarFixture[] = [
    [{ name: "../../etc/evil.jpg" }, A],
    [{ name: "/tmp/absolute.jpg" }, A],
    [{ name: "ok/../../up.jpg" }, A],
    [{ name: "soft.jpg", type: "symlink", linkname: "/etc/passwd" }],
    [{ name: "hard.jpg", type: "link", linkname: "a.jpg" }],
    [{ name: "pipe.jpg", type: "fifo" }],
    [{ name: "folder.jpg", type: "directory" }],
    [{ name: "sparse.jpg", pax: { "GNU.sparse.major": "1" } }, A],
    [{ name: "\u001b[31mred.jpg", type: "symlink", linkname: "x" }],
    [{ name: ".hidden.jpg" }, A],
    [{ name: "notes.txt" }, A],
    [{ name: "a.jpg" }, A],
    [{ name: "b.jpg" }, B],
  ];
  await inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, "dogs.tar"), await packTar(members));
    const { paths, texts, problems, sidecars } = await listAt("imagenet-tar", folder);
    assert.deepEqual(paths, ["dogs/a.jpg", "dogs/b.jpg"]);
    assert.deepEqual(texts, [A, B].map(String));
    assert.equal(sidecars, 1);
    assert.equal(problems.length, 8);
    for (const word of ["evil.jpg", "absolute.jpg", "up.jpg", "soft.jpg", "hard.jpg", "pipe.jpg", "sparse.jpg"]) {
      assert.ok(
        problems.some((sentence) => sentence.includes(word) && sentence.includes("dogs.tar")),
        word,
      );
    }
    assert.ok(!problems.some((sentence) => sentence.includes("\u001b")));
    assert.deepEqual(await readdir(folder), ["dogs.tar"]);
  });
});

test("a name that stands twice is listed twice: whether it is a duplicate is the catalog's question", async () => {
  const { paths } = await listTar(
    await packFiles([
      ["a.jpg", A],
      ["a.jpg", B],
    ]),
  );
  assert.deepEqual(paths, ["dogs/a.jpg", "dogs/a.jpg"]);
});

test("an old GNU sparse member is passed over whole, and what follows it is found", async () => {
  const tar = await packFiles([
    ["sparse.jpg", Buffer.alloc(512)],
    ["a.jpg", A],
  ]);
  const header = Buffer.from(tar.subarray(0, 512));
  header.write("S", 156, "latin1");
  header.write("ustar  \0", 257, "latin1");
  header[482] = 1;
  seal(header);
  const { paths, problems } = await listTar(Buffer.concat([header, Buffer.alloc(512), tar.subarray(512)]));
  assert.deepEqual(paths, ["dogs/a.jpg"]);
  assert.match(problems.join(), /sparse\.jpg.* is a sparse file/);
});

test("a member of 8 GiB in a small archive, or one that is cut off, is said and the ones before it stay", async () => {
  const tar = await packFiles([
    ["a.jpg", A],
    ["b.jpg", B],
  ]);
  const huge = Buffer.from(tar);
  huge.write("77777777777\0", 1024 + 124, "latin1");
  seal(huge.subarray(1024));
  const base256 = Buffer.from(tar);
  base256.fill(0, 1024 + 124, 1024 + 136);
  base256[1024 + 124] = 0x80;
  base256[1024 + 131] = 2;
  seal(base256.subarray(1024));
  for (const bytes of [huge, base256, tar.subarray(0, 1024 + 512 + 5)]) {
    const { paths, problems } = await listTar(bytes);
    assert.deepEqual(paths, ["dogs/a.jpg"]);
    assert.match(problems.join(), /"b\.jpg" in .*dogs\.tar.* claims \d+ bytes and the archive ends before/);
  }
  const { paths, problems } = await listTar(tar.subarray(0, 1024));
  assert.deepEqual(paths, ["dogs/a.jpg"]);
  assert.match(problems.join(), /no end mark/);
});

test("a member that really is larger than any picture is passed over", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "dogs.tar");
    const tar = await packFiles([["b.jpg", B]]);
    tar.write("10000000000\0", 124, "latin1");
    seal(tar);
    await writeFile(file, tar.subarray(0, 512));
    await truncate(file, 512 + 2 ** 30 + 1024);
    const { paths, problems } = await listAt("imagenet-tar", file);
    assert.deepEqual(paths, []);
    assert.match(problems.join(), /larger than any picture/);
  });
});

const refusals: readonly [what: string, make: (tar: Buffer) => Buffer, words: RegExp][] = [
  [
    "a wrong checksum",
    (tar) => Buffer.from(tar.fill(0x41, 1024, 1030)),
    /dogs\.tar.* cannot be read past byte 1024.*checksum/,
  ],
  [
    "a size that is no number",
    (tar) => {
      tar.write("9zz", 1024 + 124, "latin1");
      seal(tar.subarray(1024));
      return tar;
    },
    /cannot be read past byte 1024.*size/,
  ],
  ["a gzipped archive", (tar) => gzipSync(tar), /dogs\.tar.* is compressed \(gzip\).*unpack/],
  ["a page of HTML", () => Buffer.from("<html>".repeat(300)), /dogs\.tar.* is not a tar archive/],
  ["an empty file", () => Buffer.alloc(0), /dogs\.tar.* is not a tar archive/],
];
for (const [what, make, words] of refusals) {
  test(`${what} stops with one sentence that names the file`, async () => {
    const bytes = make(
      await packFiles([
        ["a.jpg", A],
        ["b.jpg", B],
      ]),
    );
    await assert.rejects(listTar(bytes), (error) => error instanceof UserError && words.test(error.message));
    // Said of the member where it is inside another tar.
    const outer = await packFiles([["dogs.tar", bytes]]);
    await assert.rejects(
      listTar(outer, "outer.tar"),
      (error) => error instanceof UserError && /dogs\.tar.*outer\.tar/.test(error.message),
    );
  });
}

test("compressed tars in a folder, tars within tars without end, and a folder without tars are refused", async () => {
  await inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, "picture.jpg"), A);
    await assert.rejects(listAt("imagenet-tar", folder), /holds no \.tar file.*source: folder/);
    await writeFile(join(folder, "dogs.tar.gz"), A);
    await assert.rejects(listAt("imagenet-tar", folder), /dogs\.tar\.gz" is compressed/);
    await assert.rejects(listAt("webdataset", join(folder, "gone")), /gone" does not exist/);
  });
  let deep = await packFiles([["a.jpg", A]]);
  for (let i = 0; i < 5; i++) deep = await packFiles([["x.tar", deep]]);
  await assert.rejects(listTar(deep), /lies 4 tars deep/);
});

test("a WebDataset sample takes its class from its key, else from its .cls, and only pictures are listed", async () => {
  const text = (word: string) => Buffer.from(word);
  const shard = await packFiles([
    ["n02123045_1.jpg", A],
    ["n02123045_1.cls", text("5")],
    ["0001.cls", text(" dog\n")],
    ["0001.JPG", A],
    ["0001.json", text("{}")],
    ["0002.png", B],
    ["0003.avif", B],
    ["cat.1.jpg", B],
  ]);
  const { listings, sidecars, problems } = await listTar(shard, "train-000000.tar", "webdataset");
  assert.deepEqual(
    listings.map(({ path, label }) => [path, label]),
    [
      ["n02123045_1.jpg", "5"],
      ["0001.JPG", "dog"],
      ["0002.png", undefined],
    ],
  );
  assert.equal(sidecars, 5);
  assert.match(problems.join(), /cat\.1\.jpg.* has a dot in its key/);
});

test("20,000 members are indexed without reading their data", async () => {
  const member = Buffer.alloc(3000, 7);
  const tar = await packFiles(Array.from({ length: 20_000 }, (_, i) => [`n02123045_${i}.JPEG`, member] as const));
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "n02123045.tar");
    await writeFile(file, tar);
    const source = await openSource({ source: "imagenet-tar", path: file });
    const start = performance.now();
    let listed = 0;
    for await (const batch of source.list()) listed += batch.length;
    const tookMs = performance.now() - start;
    assert.equal(listed, 20_000);
    assert.ok(tookMs < 5_000, `took ${tookMs} ms`);
  });
});
