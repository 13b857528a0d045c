import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import type { SampleImage } from "../records/index.js";
import { openStore } from "../store/index.js";
import { inTemporaryFolder, makeHeader, makeSampleImage } from "../testing/index.js";
import { groupPictures } from "./near-duplicates.js";
import { openRun } from "./open-run.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));

/** A run of two photographs and a smaller, re-encoded copy of the first; only its sample is drawn. */
async function withRun(use: (run: string, pictures: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const [run, pictures] = [join(folder, "run"), join(folder, "pictures")];
    await mkdir(pictures);
    const cat = await readFile(join(PHOTOS, "n02123045", "n02123045_1.JPEG"));
    const castle = await readFile(join(PHOTOS, "n09818022", "n09818022_4.JPEG"));
    const copy = await sharp(cat).resize(400).jpeg({ quality: 70 }).toBuffer();
    const images: SampleImage[] = [];
    for (const [id, bytes] of Object.entries({ cat, castle, copy })) {
      const path = `${id}.JPEG`;
      await writeFile(join(pictures, path), bytes);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      images.push(makeSampleImage(images.length, { id, fileName: path, locator: { source: 0, path }, sha256 }));
    }
    const store = await openStore(run, { say: () => undefined });
    await store.writeHeader(makeHeader({ images: [{ source: "folder", path: pictures, credits: null }] }));
    const facts = { images: images.length, catalog: images.length, outsideClasses: 0, notDrawn: 0, rejected: {} };
    await store.writeSample({ images, rejected: [], facts: { ...facts, shortClasses: [], drawnUnder: null } });
    await use(run, pictures);
  });
}

async function group(run: string, done: number[] = []) {
  const hooks = { say: () => undefined, onProgress: (standing: { done: number }) => done.push(standing.done) };
  return groupPictures(await openRun(run, hooks.say), hooks);
}

test("a copy is in the group of the picture it was made of, and another photograph is not", () =>
  withRun(async (run) => {
    const { pictures, maxDistance, rule } = await group(run);
    assert.deepEqual(
      [...pictures].map(([id, picture]) => `${id} in ${picture.group}`),
      ["cat in cat", "castle in castle", "copy in cat"],
    );
    assert.match(pictures.get("copy")?.hash ?? "", /^[0-9a-f]{16}$/);
    assert.deepEqual([maxDistance, rule], [4, "difference-hash/1"]);
  }));

test("the second time no picture is read, and a damaged line is made again", () =>
  withRun(async (run, pictures) => {
    const first = await group(run);
    await rename(pictures, `${pictures}-away`);
    const done: number[] = [];
    assert.deepEqual(await group(run, done), first);
    assert.deepEqual(done, []);
    await rename(`${pictures}-away`, pictures);
    const file = join(run, "analysis", "difference-hash-1.tsv");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.slice(0, -5));
    assert.deepEqual(await group(run, done), first);
    assert.deepEqual(done, [1]);
    assert.equal(await readFile(file, "utf8"), text);
    assert.deepEqual(await readdir(join(run, "analysis")), ["difference-hash-1.tsv"]);
  }));

test("pictures that are gone or have other bytes are counted in one sentence that says what to do", () =>
  withRun(async (run, pictures) => {
    await writeFile(join(pictures, "copy.JPEG"), await sharp(join(pictures, "castle.JPEG")).resize(300).toBuffer());
    await rm(join(pictures, "castle.JPEG"));
    await assert.rejects(group(run), {
      name: "UserError",
      message: /of 3 pictures 1 have other bytes than the run saw and 1 cannot be read .*bring them back to .*pictures/,
    });
    await rm(pictures, { recursive: true });
    await assert.rejects(group(run), { name: "UserError", message: /of 2 pictures 2 cannot be read/ });
  }));

test("a set that was imported without its pictures has no hashes", () =>
  withRun(async (run) => {
    const opened = await openRun(run, () => undefined);
    const bare = { ...opened, images: opened.images.map((image) => ({ ...image, sha256: "" })) };
    await assert.rejects(groupPictures(bare, { say: () => undefined, onProgress: () => undefined }), {
      name: "UserError",
      message: /3 of 3 pictures were imported without their bytes/,
    });
  }));
