import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parquetWriteFile } from "hyparquet-writer";
import { packFiles, type SuitePictures, sourceSuite } from "../testing/index.js";
import { baseNameOf, folderOf } from "./image-id.js";
import { openSource } from "./open-source.js";

async function writeInto(folder: string, files: Iterable<readonly [string, Buffer]>): Promise<void> {
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}

/** One tar a folder, its members without the folder's name. */
async function classTars(pictures: SuitePictures): Promise<[string, Buffer][]> {
  const folders = [...new Set([...pictures.keys()].map(folderOf))];
  const tars = folders.map(async (folder): Promise<[string, Buffer]> => {
    const files = [...pictures].filter(([path]) => folderOf(path) === folder);
    return [`${folder}.tar`, await packFiles(files.map(([path, bytes]) => [baseNameOf(path), bytes] as const))];
  });
  return Promise.all(tars);
}

/** Half of the pictures in each of two files. */
function halves(pictures: SuitePictures): [string, Buffer][][] {
  const all = [...pictures];
  return [all.slice(0, 3), all.slice(3)];
}

sourceSuite("folder", async (pictures, folder) => {
  await writeInto(folder, pictures);
  return openSource({ source: "folder", path: folder });
});

sourceSuite("imagenet-tar, a folder of class tars", async (pictures, folder) => {
  await writeInto(folder, await classTars(pictures));
  return openSource({ source: "imagenet-tar", path: folder });
});

sourceSuite("imagenet-tar, one tar of class tars", async (pictures, folder) => {
  await writeInto(folder, [["train.tar", await packFiles(await classTars(pictures))]]);
  return openSource({ source: "imagenet-tar", path: join(folder, "train.tar") });
});

sourceSuite("imagenet-tar, one tar of folders", async (pictures, folder) => {
  await writeInto(folder, [
    ["all.tar", await packFiles([...pictures].map(([path, bytes]) => [`./${path}`, bytes] as const))],
  ]);
  return openSource({ source: "imagenet-tar", path: join(folder, "all.tar") });
});

sourceSuite("webdataset", async (pictures, folder) => {
  for (const [i, half] of halves(pictures).entries()) {
    const members = half.flatMap(([path, bytes]): [string, Buffer][] => [
      [path, bytes],
      [path.replace(/\.\w+$/, ".json"), Buffer.from("{}")],
    ]);
    await writeInto(folder, [[`shards/train-00000${i}.tar`, await packFiles(members)]]);
  }
  return openSource({ source: "webdataset", path: folder });
});

sourceSuite("parquet", async (pictures, folder) => {
  for (const [i, half] of halves(pictures).entries()) {
    parquetWriteFile({
      filename: join(folder, `train-${i}.parquet`),
      schema: [
        { name: "root", num_children: 2 },
        { name: "label", type: "INT64", repetition_type: "OPTIONAL" },
        { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
        { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      ],
      columnData: [
        { name: "label", data: half.map((_, row) => BigInt(row)) },
        { name: "image", data: half.map(([path, bytes]) => ({ bytes: new Uint8Array(bytes), path })) },
      ],
      rowGroupSize: 2,
    });
  }
  return openSource({ source: "parquet", path: folder });
});
