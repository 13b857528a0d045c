import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ExportImage } from "../records/index.js";

const PICTURE_NAME = /\.(?:jpe?g|png|webp|gif|tiff?|bmp)$/i;
/** What no common file system takes, or takes for something else than a name. */
const UNSAFE = /[\0-\x1f\x7f\\:*?"<>|]/;
const MAX_NAME_BYTES = 200;

/**
 * Where a picture's file lies below the folder that paths start from: its own `file_name`, so that an unpacked ImageNet
 * fits as it is; or its id where that name cannot be a picture's everywhere.
 */
export function mediaPath({ id, fileName }: Pick<ExportImage, "id" | "fileName">): string {
  const parts = fileName.split("/");
  const isSafe =
    PICTURE_NAME.test(fileName) &&
    !UNSAFE.test(fileName) &&
    parts.every((part) => part !== "" && !part.startsWith(".") && Buffer.byteLength(part) <= MAX_NAME_BYTES);
  return isSafe ? fileName : `${id}.jpg`;
}

/** Writes each picture once, however many rows show it. */
export function openMedia(folder: string, pixels: (image: ExportImage) => Promise<Buffer>) {
  const made = new Set<string>();
  return async (image: ExportImage): Promise<void> => {
    const path = join(folder, mediaPath(image));
    const parent = dirname(path);
    if (!made.has(parent)) await mkdir(parent, { recursive: true });
    made.add(parent);
    await writeFile(path, await pixels(image), { flag: "wx" });
  };
}
