import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openLineFile } from "./line-file.js";

/** Every picture of the arms and of the held-out set, one JSON object a line. */
export const ABLATION_IMAGES_NAME = "images.jsonl";

/** A line of `images.jsonl`. */
export interface AblationImage {
  readonly image_id: string;
  readonly wnid: string | null;
  readonly file_name: string;
  /** Of the source bytes, hex; null where the set was imported without its pictures. */
  readonly image_sha256: string | null;
  /** 16 hex digits; null where the picture could not be had. */
  readonly difference_hash: string | null;
  /** The same for near-duplicates. */
  readonly group: string;
  readonly split: "train" | "held-out";
  /** Place in the order in which sizes grow, from 0; null where held out. */
  readonly rank: number | null;
  /** The teacher of this picture where the teachers take turns; null where held out. */
  readonly turn: string | null;
}

/** Writes `images.jsonl` into a folder and says what it holds. */
export async function writeAblationImages(
  folder: string,
  images: Iterable<AblationImage>,
): Promise<{ readonly file: string; readonly rows: number; readonly sha256: string }> {
  const file = await openLineFile(join(folder, ABLATION_IMAGES_NAME));
  const hash = createHash("sha256");
  let rows = 0;
  try {
    for (const image of images) {
      const line = `${JSON.stringify(image)}\n`;
      hash.update(line);
      await file.add(line);
      rows += 1;
    }
    await file.finish();
  } finally {
    await file.abandon();
  }
  return { file: ABLATION_IMAGES_NAME, rows, sha256: hash.digest("hex") };
}

/** The lines of `images.jsonl`, in sample order. */
export async function* readAblationImages(folder: string): AsyncGenerator<AblationImage> {
  const input = createReadStream(join(folder, ABLATION_IMAGES_NAME), "utf8");
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line !== "") yield JSON.parse(line) as AblationImage;
  }
}
