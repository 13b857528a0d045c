import { createHash } from "node:crypto";
import { type DecodePool, isPersonClass, nameImage, nameImageByBytes, openSource } from "../images/index.js";
import {
  type CatalogImage,
  type ClassTree,
  type RejectedImage,
  type SampleFacts,
  type SampleImage,
  type SourceSpec,
  UserError,
  type Verdict,
} from "../records/index.js";
import type { ReleasedSet } from "./released-set.js";

const INSPECTED_AT_ONCE = 16;
const NAMED = 10;

/** The pictures of a released set, and which row of which file is whose. */
export interface ReleasedImages {
  readonly images: readonly SampleImage[];
  readonly rejected: readonly RejectedImage[];
  readonly facts: SampleFacts;
  /** The image of a row; null where it was turned away. */
  imageOf(file: string, row: number): SampleImage | null;
}

/**
 * Names every row's picture (by its id, else its path, else its bytes), looks at it where there is one, and puts the
 * images in sample order. Throws a `UserError` where one id stands for different bytes.
 */
export async function readReleasedImages(
  set: ReleasedSet,
  spec: SourceSpec,
  hooks: {
    pool: DecodePool | null;
    tree: ClassTree;
    say: (sentence: string) => void;
    onProgress: (done: number, total: number) => void;
    stopped: () => boolean;
  },
): Promise<ReleasedImages> {
  const listed = await nameRows(set, spec, hooks.say);
  const verdicts: Verdict[] = [];
  for (let start = 0; start < listed.length && !hooks.stopped(); start += INSPECTED_AT_ONCE) {
    const batch = listed.slice(start, start + INSPECTED_AT_ONCE);
    const { pool } = hooks;
    verdicts.push(
      ...(pool === null ? batch.map(withoutPicture) : await Promise.all(batch.map((image) => pool.inspect(image)))),
    );
    hooks.onProgress(verdicts.length, listed.length);
  }
  const { images, rejected } = settle(verdicts, hooks.tree);
  const counts: Record<string, number> = {};
  for (const { reason } of rejected) counts[reason] = (counts[reason] ?? 0) + 1;
  const byRow = new Map(images.map((image) => [rowKey(image.locator.path, image.locator.row ?? 0), image]));
  return {
    images,
    rejected,
    facts: {
      images: images.length,
      catalog: listed.length,
      outsideClasses: 0,
      notDrawn: 0,
      rejected: counts,
      shortClasses: [],
      drawnUnder: { imported: set.files },
    },
    imageOf: (file, row) => byRow.get(rowKey(file, row)) ?? null,
  };
}

async function nameRows(
  set: ReleasedSet,
  spec: SourceSpec,
  say: (sentence: string) => void,
): Promise<readonly CatalogImage[]> {
  const listed: CatalogImage[] = [];
  if (!set.hasIds && set.hasPictures) {
    const source = await openSource(spec);
    for await (const batch of source.list({ sidecars: () => undefined, problem: say })) {
      for (const { path, label, place } of batch) {
        const name =
          path === null
            ? nameImageByBytes(
                createHash("sha256")
                  .update(await source.read(place))
                  .digest("hex"),
                label,
              )
            : nameImage(path, label);
        listed.push({ ...name, locator: { source: 0, ...place } });
      }
    }
    await source.close();
    return listed;
  }
  for await (const { file, row, id } of set.read()) {
    // The set's ids are file names of ImageNet, with or without their ending.
    const text = id ?? `${file.replaceAll("/", "-")}-row-${row}`;
    const name = nameImage(/\.(?:jpe?g|png|webp)$/i.test(text) ? text : `${text}.JPEG`);
    listed.push({ ...name, locator: { source: 0, path: file, row } });
  }
  return listed;
}

/** A row without its picture: an empty hash and no size stand for unknown, and leave the house as null. */
function withoutPicture(image: CatalogImage): Verdict {
  return {
    ...image,
    accepted: {
      sha256: "",
      checksum: null,
      bytes: 0,
      format: "jpeg",
      width: 0,
      height: 0,
      preparation: "as-is/1",
      made: [],
      measures: { sharpness: null, contrast: null },
    },
    rejected: null,
  };
}

function settle(
  verdicts: readonly Verdict[],
  tree: ClassTree,
): { readonly images: readonly SampleImage[]; readonly rejected: readonly RejectedImage[] } {
  const byId = new Map<string, SampleImage>();
  const rejected: RejectedImage[] = [];
  const clashes: string[] = [];
  const ranks = new Map<string | null, number>();
  const ranked: { readonly image: SampleImage; readonly rank: number }[] = [];
  for (const { accepted, rejected: refusal, ...image } of verdicts) {
    if (accepted === null) {
      rejected.push({ ...image, ...(refusal ?? { reason: "undecodable", detail: "not looked at" }) });
      continue;
    }
    const earlier = byId.get(image.id);
    if (earlier !== undefined) {
      if (earlier.sha256 !== accepted.sha256) clashes.push(image.id);
      rejected.push({ ...image, reason: "duplicate", detail: "an earlier row has this id" });
      continue;
    }
    const review = image.class !== null && isPersonClass(tree, image.class);
    const kept: SampleImage = { ...image, ...accepted, weight: 1, review };
    byId.set(image.id, kept);
    const rank = ranks.get(image.class) ?? 0;
    ranks.set(image.class, rank + 1);
    ranked.push({ image: kept, rank });
  }
  if (clashes.length > 0) {
    throw new UserError(
      `${clashes.length} image ids stand for pictures with different bytes: ${clashes.slice(0, NAMED).join(", ")}; remove one row of each`,
    );
  }
  return { images: ranked.sort((a, b) => a.rank - b.rank).map(({ image }) => image), rejected };
}

function rowKey(file: string, row: number): string {
  return `${row}/${file}`;
}
