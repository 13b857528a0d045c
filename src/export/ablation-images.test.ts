import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inTemporaryFolder } from "../testing/index.js";
import { type AblationImage, readAblationImages, writeAblationImages } from "./ablation-images.js";

test("the pictures of an ablation are read back line by line, under the hash that was said of them", () =>
  inTemporaryFolder(async (folder) => {
    const images = ["a", 'b, "c"\n'].map(
      (name, rank): AblationImage => ({
        image_id: name,
        wnid: null,
        file_name: `${name}.jpg`,
        image_sha256: "00",
        difference_hash: "0123456789abcdef",
        group: name,
        split: "train",
        rank,
        turn: "glm",
      }),
    );
    const { file, rows, sha256 } = await writeAblationImages(folder, images);
    assert.equal(rows, 2);
    assert.equal(
      createHash("sha256")
        .update(await readFile(join(folder, file)))
        .digest("hex"),
      sha256,
    );
    const read: AblationImage[] = [];
    for await (const image of readAblationImages(folder)) read.push(image);
    assert.deepEqual(read, images);
  }));
