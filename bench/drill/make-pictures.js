// Small pictures that all differ: seeded crops of the bundled photographs.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

const SIDE = 230;
const AT_ONCE = 64;
const CLASS = "n02123045";

export async function makePictures(photos, folder, count) {
  const names = (await readdir(photos, { recursive: true })).filter((name) => name.endsWith(".JPEG"));
  const sources = await Promise.all(
    names.map(async (name) => sharp(await readFile(join(photos, name))).toBuffer({ resolveWithObject: true })),
  );
  await mkdir(join(folder, CLASS), { recursive: true });
  for (let start = 0; start < count; start += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, count - start) }, (_, offset) => start + offset);
    await Promise.all(
      numbers.map(async (number) => {
        const { data, info } = sources[number % sources.length];
        const left = (number * 17) % (info.width - SIDE);
        const top = (number * 29) % (info.height - SIDE);
        const crop = sharp(data).extract({ left, top, width: SIDE, height: SIDE });
        await writeFile(
          join(folder, CLASS, `${CLASS}_${number}.JPEG`),
          await crop.jpeg({ quality: 50 + (number % 41) }).toBuffer(),
        );
      }),
    );
  }
}
