import { availableParallelism } from "node:os";
import {
  groupNearDuplicates,
  HASH_RULE,
  ImageChangedError,
  ImageGoneError,
  MAX_DISTANCE,
  openDecodePool,
} from "../images/index.js";
import { type ImageId, type RunHeader, type SampleImage, UserError } from "../records/index.js";
import { openHashCache } from "./hash-cache.js";
import type { OpenedRun } from "./open-run.js";

/** Pictures that are asked of the decoders at once. */
const HASHED_AT_ONCE = 8 * availableParallelism();
/** Hashes between two savings, so that a long walk that is cut goes on from there. */
const SAVED_EVERY = 10_000;

export interface PictureGroup {
  /** 64-bit difference hash, 16 hex digits. */
  readonly hash: string;
  /** The id of the first picture of the sample that is in the same group; its own where there is no other. */
  readonly group: ImageId;
}

/** Which pictures of a run are nearly the same. */
export interface NearDuplicates {
  /** The name and version of the hash. */
  readonly rule: string;
  /** Bits in which two pictures of one group may differ; groups are transitive. */
  readonly maxDistance: number;
  /** Every picture of the sample. */
  readonly pictures: ReadonlyMap<ImageId, PictureGroup>;
}

export interface GroupHooks {
  readonly say: (sentence: string) => void;
  readonly onProgress: (standing: { done: number; total: number | null }) => void;
}

/**
 * Puts every picture of a run's sample into a group of near-duplicates. Pictures are read again from the recipe's
 * sources and must be those the gate saw; hashes are kept in `analysis/` of the run, so the second call reads none.
 * Throws a `UserError` where pictures are gone, have other bytes, or were imported without any.
 */
export async function groupPictures(run: OpenedRun, hooks: GroupHooks): Promise<NearDuplicates> {
  const hashes = await hashPictures(run, hooks);
  const groups = groupNearDuplicates(hashes);
  const pictures = new Map<ImageId, PictureGroup>();
  for (const [place, { id }] of run.images.entries()) {
    const first = run.images[groups[place] ?? place];
    pictures.set(id, { hash: hashes[place] ?? "", group: first?.id ?? id });
  }
  return { rule: HASH_RULE, maxDistance: MAX_DISTANCE, pictures };
}

/** The hashes of a sample, in its order. */
async function hashPictures({ store, header, images }: OpenedRun, hooks: GroupHooks): Promise<readonly string[]> {
  const unseen = images.filter(({ sha256 }) => sha256 === "").length;
  if (unseen > 0) {
    throw new UserError(
      `${unseen} of ${images.length} pictures were imported without their bytes, so near-duplicates cannot be found; import the set again with its pictures`,
    );
  }
  const cache = await openHashCache(store.path, hooks.say);
  const wanted = images.filter(({ sha256 }) => cache.get(sha256) === undefined);
  if (wanted.length > 0) await hashMissing(header, wanted, cache, hooks);
  return images.map(({ sha256 }) => cache.get(sha256) ?? "");
}

async function hashMissing(
  header: RunHeader,
  wanted: readonly SampleImage[],
  cache: Awaited<ReturnType<typeof openHashCache>>,
  { onProgress }: GroupHooks,
): Promise<void> {
  const pool = openDecodePool({ sources: header.images, gate: header.gate });
  const faults: Fault[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    for (let image = wanted[next++]; image !== undefined; image = wanted[next++]) {
      const hash = await pool.hash(image).catch((error: Error) => {
        faults.push({ error, changed: error instanceof ImageChangedError && !(error instanceof ImageGoneError) });
        return null;
      });
      if (hash !== null) cache.set(image.sha256, hash);
      onProgress({ done: ++done, total: wanted.length });
      if (done % SAVED_EVERY === 0) await cache.save();
    }
  };
  try {
    await Promise.all(Array.from({ length: HASHED_AT_ONCE }, work));
  } finally {
    await pool.close();
    await cache.save();
  }
  if (faults.length > 0) throw new UserError(explain(header, faults, wanted.length));
}

interface Fault {
  readonly error: Error;
  /** It is there with other bytes. */
  readonly changed: boolean;
}

function explain({ images: sources }: RunHeader, faults: readonly Fault[], wanted: number): string {
  const changed = faults.filter((fault) => fault.changed).length;
  const counts = [
    changed > 0 ? `${changed} have other bytes than the run saw` : null,
    changed < faults.length ? `${faults.length - changed} cannot be read` : null,
  ];
  const places = sources.map(({ path }) => path).join(", ");
  const said = faults[0]?.error.message ?? "";
  return `near-duplicates cannot be found: of ${wanted} pictures ${counts.filter((words) => words !== null).join(" and ")} (${said}); bring them back to ${places} as they were, and start the same line again`;
}
