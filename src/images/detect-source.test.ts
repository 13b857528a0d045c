import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inTemporaryFolder, packFiles } from "../testing/index.js";
import { detectSource } from "./detect-source.js";

const PICTURE = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);

test("what a path is shows by what lies there: loose pictures, tables, ImageNet's tars, shards", () =>
  inTemporaryFolder(async (root) => {
    const put = async (path: string, bytes: Buffer) => {
      const file = join(root, path);
      await mkdir(join(file, ".."), { recursive: true });
      await writeFile(file, bytes);
    };
    const classTar = await packFiles([["n02123045_1.JPEG", PICTURE]]);
    await put("loose/n02123045/n02123045_1.JPEG", PICTURE);
    await put("loose/notes.txt", PICTURE);
    await put("loose/old.tar", classTar);
    await put("tars/n02123045.tar", classTar);
    await put("one.tar", await packFiles([["n02123045.tar", classTar]]));
    await put(
      "shards/train-000000.tar",
      await packFiles([
        ["a.jpg", PICTURE],
        ["a.json", Buffer.from("{}")],
      ]),
    );
    await put("tables/README.md", PICTURE);
    await put("tables/data/train.parquet", PICTURE);
    await put("notes/a.txt", PICTURE);
    const kinds = [
      "loose",
      "tars",
      "one.tar",
      "shards",
      "shards/train-000000.tar",
      "tables",
      "tables/data/train.parquet",
    ];
    assert.deepEqual(await Promise.all(kinds.map((path) => detectSource(join(root, path)))), [
      "folder",
      "imagenet-tar",
      "imagenet-tar",
      "webdataset",
      "webdataset",
      "parquet",
      "parquet",
    ]);
    for (const path of ["notes", "notes/a.txt"]) {
      await assert.rejects(detectSource(join(root, path)), { name: "UserError", message: /neither/ });
    }
    await assert.rejects(detectSource(join(root, "nowhere")), { name: "UserError", message: /does not exist/ });
    await put("packed.tar.gz", PICTURE);
    await assert.rejects(detectSource(join(root, "packed.tar.gz")), { name: "UserError", message: /gz/ });
  }));
