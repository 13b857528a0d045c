import { createHash } from "node:crypto";
import { type ExportImage, type ImageId, type Source, UserError } from "../records/index.js";
import type { Place } from "./find-pictures.js";
import type { PictureStage } from "./picture-stage.js";
import type { StopSwitch } from "./stop-switch.js";

/** Pictures that are read at once. */
const READ_AT_ONCE = 8;

/** What became of a picture. `changed` has the name of one that is wanted and other bytes. */
export type PictureFate = "found" | "missing" | "changed" | "unreadable";

export type Fates = ReadonlyMap<ImageId, PictureFate>;

export interface CheckHooks {
  readonly stop: StopSwitch;
  readonly onProgress: (standing: { done: number; total: number | null; facts?: readonly string[] }) => void;
}

/** Looks at every wanted picture, in the order in which the copy holds them, so that archives are read front to back. */
export async function checkPictures(
  wanted: ReadonlyMap<ImageId, ExportImage>,
  places: ReadonlyMap<ImageId, readonly Place[]>,
  source: Source,
  stage: PictureStage | null,
  { stop, onProgress }: CheckHooks,
): Promise<Fates> {
  const queue = [...wanted.values()].sort((a, b) => comparePlaces(places.get(a.id)?.[0], places.get(b.id)?.[0]));
  const fates = new Map<ImageId, PictureFate>();
  let next = 0;
  const work = async () => {
    for (let image = queue[next++]; image !== undefined && stop.draining === null; image = queue[next++]) {
      fates.set(image.id, await fateOf(image, places.get(image.id) ?? [], source, stage));
      onProgress({ done: fates.size, total: wanted.size });
    }
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, work));
  return fates;
}

async function fateOf(
  { sha256 }: ExportImage,
  places: readonly Place[],
  source: Source,
  stage: PictureStage | null,
): Promise<PictureFate> {
  if (sha256 === null) return "missing";
  if ((await stage?.has(sha256)) === true) return "found";
  let fate: PictureFate = "missing";
  for (const { name: _, ...place } of places) {
    const bytes = await source.read(place).catch((error: unknown) => {
      if (error instanceof UserError) return null;
      throw error;
    });
    if (bytes === null) {
      fate = fate === "missing" ? "unreadable" : fate;
      continue;
    }
    if (createHash("sha256").update(bytes).digest("hex") === sha256) {
      await stage?.put(sha256, bytes);
      return "found";
    }
    fate = "changed";
  }
  return fate;
}

function comparePlaces(a: Place | undefined, b: Place | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0);
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return (a.offset ?? a.row ?? 0) - (b.offset ?? b.row ?? 0);
}
