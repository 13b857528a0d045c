import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type AblationImage, type AblationManifest, mediaPath, readAblationImages } from "../../export/index.js";
import { groupNearDuplicates } from "../../images/index.js";
import { type ImageId, UserError } from "../../records/index.js";
import type { AblationFaults } from "./faults.js";

/** The pictures of an ablation, by what a row may name. */
export interface AblationPictures {
  readonly byId: ReadonlyMap<ImageId, AblationImage>;
  /** Held-out pictures by the SHA-256 of their bytes, and by the path a trainer opens. */
  readonly heldOutBytes: ReadonlyMap<string, ImageId>;
  readonly heldOutPaths: ReadonlyMap<string, ImageId>;
  /** Training pictures in the order in which sizes grow. */
  readonly train: readonly AblationImage[];
  readonly heldOut: readonly AblationImage[];
}

/** The path a trainer opens for a picture. */
export function pathOfPicture({ image_id, file_name }: AblationImage): string {
  return mediaPath({ id: image_id, fileName: file_name });
}

/** Reads the list of pictures and holds it against the manifest; no picture may be on both sides of the split, as itself or as another. */
export async function checkPictureList(
  folder: string,
  manifest: AblationManifest,
  faults: AblationFaults,
): Promise<AblationPictures> {
  const place = manifest.images.file;
  const images = await readList(folder, place);
  const bytes = await readFile(join(folder, place));
  if (createHash("sha256").update(bytes).digest("hex") !== manifest.images.sha256) {
    faults.add({ place }, "it is not the file that ablation.json describes: its SHA-256 is another");
  }
  const byId = new Map<ImageId, AblationImage>();
  for (const image of images) {
    if (byId.has(image.image_id)) faults.add({ place, row: image.image_id }, "the picture is listed twice");
    byId.set(image.image_id, image);
  }
  const heldOut = images.filter(({ split }) => split === "held-out");
  const train = images.filter(({ split }) => split === "train").sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  const misplaced = train.find(({ rank }, at) => rank !== at);
  if (misplaced !== undefined) {
    faults.add({ place, row: misplaced.image_id }, "the ranks of the training pictures are not 0, 1, 2, … each once");
  }
  if (heldOut.length !== manifest.heldOut.images) {
    faults.add({ place }, `${heldOut.length} pictures are held out, and ablation.json says ${manifest.heldOut.images}`);
  }
  checkSplit(images, place, faults, "the same bytes", ({ image_sha256 }) => image_sha256);
  checkSplit(images, place, faults, "the same group of near-duplicates", ({ group }) => group);
  checkHashes(images, place, faults);
  return {
    byId,
    train,
    heldOut,
    heldOutBytes: new Map(heldOut.map(({ image_sha256, image_id }) => [image_sha256 ?? image_id, image_id])),
    heldOutPaths: new Map(heldOut.map((image) => [pathOfPicture(image), image.image_id])),
  };
}

async function readList(folder: string, name: string): Promise<readonly AblationImage[]> {
  const images: AblationImage[] = [];
  try {
    for await (const image of readAblationImages(folder)) images.push(image);
  } catch (error) {
    throw new UserError(`${join(folder, name)} cannot be read (${(error as Error).message}); write the ablation again`);
  }
  return images;
}

/** Reports every training picture that shares a key with a held-out one. */
function checkSplit(
  images: readonly AblationImage[],
  place: string,
  faults: AblationFaults,
  words: string,
  keyOf: (image: AblationImage) => string | null,
): void {
  const heldOut = new Map<string, ImageId>();
  for (const image of images) {
    const key = image.split === "held-out" ? keyOf(image) : null;
    if (key !== null) heldOut.set(key, image.image_id);
  }
  for (const image of images) {
    const key = image.split === "train" ? keyOf(image) : null;
    const twin = key === null ? undefined : heldOut.get(key);
    if (twin !== undefined) {
      faults.add({ place, row: image.image_id }, `a leak: it is trained on, and the held-out ${twin} has ${words}`);
    }
  }
}

/** Groups are found again from the hashes, because a group that was edited says nothing. */
function checkHashes(images: readonly AblationImage[], place: string, faults: AblationFaults): void {
  const hashed = images.filter(({ difference_hash }) => difference_hash !== null);
  const groups = groupNearDuplicates(hashed.map(({ difference_hash }) => difference_hash ?? ""));
  for (const [at, image] of hashed.entries()) {
    const first = hashed[groups[at] ?? at];
    if (first === undefined || first.group === image.group) continue;
    const leak = first.split === image.split ? "" : "a leak: ";
    faults.add(
      { place, row: image.image_id },
      `${leak}its hash is that of a near-duplicate of ${first.image_id}, and it is in another group`,
    );
  }
}
