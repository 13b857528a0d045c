import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parquetWriteBuffer } from "hyparquet-writer";
import sharp from "sharp";
import { packFiles } from "../testing/index.js";
import { drawImages, StopSwitch } from "./index.js";

const CLASSES = ["n02123045", "n07920052", "n04265904", "n12102133", "n11960245", "n02898369"];
const PER_CLASS = 6;
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-draw-"));
after(() => rm(folder, { recursive: true, force: true }));

/** Pictures by path; every ninth is no picture at all, so that the draw must replace some. */
const pictures = new Map<string, Buffer>();
for (const [index, wnid] of CLASSES.entries()) {
  for (let number = 0; number < PER_CLASS; number++) {
    const size = 40 + index * PER_CLASS + number;
    const create = { width: size, height: 40, channels: 3 as const, background: { r: size, g: 10 * number, b: 99 } };
    const isBroken = (index * PER_CLASS + number) % 9 === 4;
    const bytes = isBroken ? Buffer.from(`<html>${size}</html>`) : await sharp({ create }).jpeg().toBuffer();
    pictures.set(`${wnid}/${wnid}_${number * 13}.JPEG`, bytes);
  }
}

async function makeSources(): Promise<Record<string, string>> {
  const at = (name: string) => join(folder, name);
  for (const [path, bytes] of pictures) {
    await mkdir(dirname(join(at("folder"), path)), { recursive: true });
    await writeFile(join(at("folder"), path), bytes);
  }
  const tars: [string, Buffer][] = [];
  for (const wnid of CLASSES) {
    const members = [...pictures]
      .filter(([path]) => path.startsWith(wnid))
      .map(([path, bytes]): [string, Buffer] => [path.slice(10), bytes]);
    tars.push([`${wnid}.tar`, await packFiles(members)]);
  }
  await mkdir(at("tars"));
  for (const [name, bytes] of tars) await writeFile(join(at("tars"), name), bytes);
  await writeFile(at("all.tar"), await packFiles(tars.reverse()));
  await writeFile(at("shard-000000.tar"), await packFiles([...pictures].reverse()));
  const rows = [...pictures];
  const parquet = parquetWriteBuffer({
    columnData: [
      {
        name: "image",
        data: rows.map(([path, bytes]) => ({ bytes: new Uint8Array(bytes), path })),
      },
    ],
    schema: [
      { name: "root", num_children: 1 },
      { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
    ],
  });
  await writeFile(at("pictures.parquet"), Buffer.from(parquet));
  return {
    folder: `folder, path: ${at("folder")}`,
    "loose tars": `imagenet-tar, path: ${at("tars")}`,
    "tar of tars": `imagenet-tar, path: ${at("all.tar")}`,
    webdataset: `webdataset, path: ${at("shard-000000.tar")}`,
    parquet: `parquet, path: ${at("pictures.parquet")}`,
  };
}

async function draw(
  source: string,
  more = "",
  out: string | null = null,
  { stop = new StopSwitch(), onProgress = () => {} }: { stop?: StopSwitch; onProgress?: () => void } = {},
) {
  const recipe = join(folder, "recipe.yaml");
  await writeFile(
    recipe,
    `name: t\nimages: [{ source: ${source} }]\ngate: { minSide: 16 }\nteachers: [{ name: a, endpoints: observer, dialect: glm }]\n${more}`,
  );
  return drawImages(recipe, { out, say: () => {}, stop, onProgress });
}

test("every kind of source gives the same sample, the same rejections, the same counts", async () => {
  const sources = await makeSources();
  const { folder: asFolder, ...others } = sources;
  const expected = await draw(asFolder ?? "", "sample: { size: 20, seed: 5 }\n");
  assert.equal(expected?.images, 20);
  assert.equal((expected?.rejected["not-an-image"] ?? 0) > 0, true);
  const counted = Object.values(expected?.rejected ?? {}).reduce((sum, count) => sum + count, 0);
  assert.equal((expected?.images ?? 0) + counted + (expected?.notDrawn ?? 0), pictures.size);
  for (const [kind, source] of Object.entries(others)) {
    const drawn = await draw(source, "sample: { size: 20, seed: 5 }\n");
    assert.deepEqual(
      { ...drawn, rejectedImages: drawn?.rejectedImages.map(({ id, reason }) => [id, reason]) },
      { ...expected, rejectedImages: expected?.rejectedImages.map(({ id, reason }) => [id, reason]) },
      kind,
    );
  }
});

test("perClass draws that many of each, and a class that is too small gives what it has and is named", async () => {
  const drawn = await draw(`folder, path: ${join(folder, "folder")}`, "sample: { perClass: 6, seed: 1 }\n");
  assert.equal(drawn?.images, pictures.size - 4);
  assert.deepEqual(
    drawn?.shortClasses.map(({ given, wanted }) => [given, wanted]),
    [
      [5, 6],
      [5, 6],
      [5, 6],
      [5, 6],
    ],
  );
});

test("a stopped draw goes on from its verdicts", async () => {
  const out = join(folder, "stopped");
  const stop = new StopSwitch();
  const onProgress = () => stop.drain("stopped by a test");
  assert.equal(await draw(`folder, path: ${join(folder, "folder")}`, "", out, { stop, onProgress }), null);
  const drawn = await draw(`folder, path: ${join(folder, "folder")}`, "", out);
  assert.equal(drawn?.images, pictures.size - 4);
});

test("a draw that is stopped while it lists looks at no picture", async () => {
  const stop = new StopSwitch();
  stop.drain("stopped by a test");
  const onProgress = () => assert.fail("a picture was looked at");
  assert.equal(await draw(`folder, path: ${join(folder, "folder")}`, "", null, { stop, onProgress }), null);
});

test("a class list, and people: drop, leave classes out and say so", async () => {
  const photos = fileURLToPath(new URL("../../data/photos", import.meta.url));
  await cp(photos, join(folder, "photos"), { recursive: true });
  const dropped = await draw(`folder, path: ${join(folder, "photos")}`, "people: drop\n");
  assert.deepEqual(dropped?.rejected, { person: 1 });
  assert.equal(dropped?.images, 11);
  const review = await draw(`folder, path: ${join(folder, "photos")}`);
  assert.deepEqual([review?.images, review?.review], [12, 1]);
  await writeFile(join(folder, "cats.txt"), "n02123045\n");
  const cats = await draw(`folder, path: ${join(folder, "photos")}`, "classes: cats.txt\n");
  assert.deepEqual([cats?.images, cats?.outsideClasses, cats?.catalog], [2, 10, 2]);
});

test("what cannot be is refused in words that name it", async () => {
  await assert.rejects(draw(`folder, path: ${join(folder, "nowhere")}`), /nowhere.*does not exist/);
  await writeFile(join(folder, "wrong.txt"), "n02123045\nn99999999\n");
  await assert.rejects(draw(`folder, path: ${join(folder, "photos")}`, "classes: wrong.txt\n"), /wrong\.txt, line 2/);
  await mkdir(join(folder, "empty"));
  await assert.rejects(draw(`folder, path: ${join(folder, "empty")}`), /no picture found in folder .*empty/);
});

test("a path that leads nowhere leaves no run behind, so that the mended recipe goes on in the same folder", async () => {
  const out = join(folder, "mended");
  await assert.rejects(draw(`folder, path: ${join(folder, "flder")}`, "", out), /"[^"]*flder" does not exist/);
  const drawn = await draw(`folder, path: ${join(folder, "folder")}`, "sample: { size: 2, seed: 1 }\n", out);
  assert.equal(drawn?.images, 2);
});
