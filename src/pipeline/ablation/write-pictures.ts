import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openMedia, PICTURES_FOLDER, PIXEL_TERMS } from "../../export/index.js";
import { toExportImage } from "../outgoing-rows.js";
import type { OutgoingPlace } from "../write-outgoing.js";
import type { AblationPlan } from "./plan.js";

/** Writes the pictures of all arms and of the held-out set once, with their terms. */
export async function writePictures(
  { experiment: { run, common } }: AblationPlan,
  working: string,
  pixels: OutgoingPlace["pixels"],
): Promise<void> {
  const folder = join(working, PICTURES_FOLDER);
  await mkdir(folder);
  await writeFile(join(folder, "TERMS.md"), PIXEL_TERMS);
  const media = openMedia(folder, pixels);
  for (const [place, image] of run.images.entries()) if (common.has(place)) await media.put(toExportImage(image));
  await media.finish();
}
