import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ExportImage } from "../records/index.js";

const PICTURE_NAME = /\.(?:jpe?g|png|webp|gif|tiff?|bmp)$/i;
/** What no common file system takes, or takes for something else than a name; `datasets` puts variables in place of `$NAME`. */
const UNSAFE = /[\0-\x1f\x7f\\:*?"<>|$]/;
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

/** Pictures that are read and written together. */
const AT_ONCE = 8;

export interface MediaFiles {
  /** Takes a picture on; waits where many are under way. Throws what an earlier one met. */
  put(image: ExportImage): Promise<void>;
  /** Resolves once all are written. */
  finish(): Promise<void>;
}

/** Writes pictures below a folder, each under its own path. A picture must be put only once. */
export function openMedia(folder: string, pixels: (image: ExportImage) => Promise<Buffer>): MediaFiles {
  const made = new Map<string, Promise<unknown>>();
  const underWay = new Set<Promise<void>>();
  let fault: { readonly error: unknown } | null = null;
  const write = async (image: ExportImage): Promise<void> => {
    const path = join(folder, mediaPath(image));
    const parent = dirname(path);
    const making = made.get(parent) ?? mkdir(parent, { recursive: true });
    made.set(parent, making);
    await making;
    await writeFile(path, await pixels(image), { flag: "wx" });
  };
  const check = () => {
    if (fault !== null) throw fault.error;
  };
  return {
    async put(image) {
      check();
      const writing: Promise<void> = write(image)
        .catch((error: unknown) => {
          fault ??= { error };
        })
        .finally(() => underWay.delete(writing));
      underWay.add(writing);
      if (underWay.size >= AT_ONCE) await Promise.race(underWay);
    },
    async finish() {
      await Promise.all(underWay);
      check();
    },
  };
}
