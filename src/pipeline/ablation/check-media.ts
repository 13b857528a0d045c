import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AblationManifest } from "../../export/index.js";
import { type AblationPictures, pathOfPicture } from "./check-pictures.js";
import type { AblationFaults } from "./faults.js";

/** Pictures that are read at once. */
const READ_AT_ONCE = 8;

/**
 * Reads the pictures where the configurations look for them, since two of the trainers drop rows in silence where one is
 * missing. False where there is no such folder yet, which is no fault of an ablation written without pixels.
 */
export async function checkMedia(
  ablation: string,
  { pictures: { folder, included } }: AblationManifest,
  { byId }: AblationPictures,
  faults: AblationFaults,
): Promise<boolean> {
  const root = join(ablation, folder);
  const isThere = await stat(root)
    .then((facts) => facts.isDirectory())
    .catch(() => false);
  if (!isThere) {
    if (included)
      faults.add({ place: folder }, "ablation.json says that the pictures are inside, and there is no such folder");
    return included;
  }
  const waiting = byId.values();
  const work = async () => {
    for (const image of waiting) {
      const path = pathOfPicture(image);
      const bytes = await readFile(join(root, path)).catch(() => null);
      const at = { place: `${folder}/${path}`, row: image.image_id };
      if (bytes === null) faults.add(at, "the picture cannot be read");
      else if (createHash("sha256").update(bytes).digest("hex") !== image.image_sha256) {
        faults.add(at, "the picture has another SHA-256 than in images.jsonl");
      }
    }
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, work));
  return true;
}
