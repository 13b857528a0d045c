// Small pictures in WebDataset tars: JPEGs of 224 × 224 and about 2 kB, every one with bytes of its own.
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { pack } from "tar-stream";

const SIDE = 224;
const VARIANTS = 96;
const A_TAR = 10_000;
const JPEG_START = 2;

/** Writes `count` pictures of the photographs in `photos`, shared out among `classes`, into tars under `folder`. */
export async function writeSmallPictures(folder, { count, classes, photos }) {
  await mkdir(folder, { recursive: true });
  const variants = await cropPhotos(photos);
  for (let first = 0; first < count; first += A_TAR) {
    const tar = pack();
    const file = tar.pipe(createWriteStream(join(folder, `${String(first / A_TAR).padStart(5, "0")}.tar`)));
    for (let number = first; number < Math.min(count, first + A_TAR); number++) {
      const wnid = classes[number % classes.length];
      tar.entry({ name: `${wnid}/${wnid}_${number}.jpg` }, withComment(variants[number % VARIANTS], `${number}`));
      if (number % 100 === 0) await new Promise(setImmediate);
    }
    tar.finalize();
    await once(file, "finish");
  }
}

async function cropPhotos(folder) {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".JPEG")).sort();
  return Promise.all(
    Array.from({ length: VARIANTS }, async (_, variant) => {
      const photo = sharp(await readFile(join(folder, names[variant % names.length])));
      const { width, height } = await photo.metadata();
      const side = Math.round(Math.min(width, height) * (0.6 + (0.4 * variant) / VARIANTS));
      const left = Math.floor((((variant * 37) % 100) / 100) * (width - side));
      const top = Math.floor((((variant * 53) % 100) / 100) * (height - side));
      return photo.extract({ left, top, width: side, height: side }).resize(SIDE, SIDE).jpeg({ quality: 8 }).toBuffer();
    }),
  );
}

/** The same picture with a comment segment, so that its hash is its own. */
function withComment(jpeg, text) {
  const segment = Buffer.from(`\xff\xfe\x00${String.fromCharCode(text.length + 2)}${text}`, "latin1");
  return Buffer.concat([jpeg.subarray(0, JPEG_START), segment, jpeg.subarray(JPEG_START)]);
}
