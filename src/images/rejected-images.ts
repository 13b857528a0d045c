import type { CatalogImage, RejectedImage } from "../records/index.js";
import type { Catalog } from "./catalog.js";

/** Everything a draw turned away. Person classes may hold hundreds of thousands of pictures, made while they are walked. */
export interface RejectedImages {
  /** Duplicates, then dropped classes, then what the gate turned away; can be walked any number of times. */
  readonly images: Iterable<RejectedImage>;
  /** Pictures by reason. */
  readonly counts: Readonly<Record<string, number>>;
}

/** `dropped` are the places of person classes in the catalog, which is kept in memory only where there are any. */
export function listRejected(
  catalog: Catalog,
  dropped: Iterable<number>,
  turnedAway: readonly RejectedImage[],
): RejectedImages {
  const people = [...dropped];
  const counts: Record<string, number> = {};
  const add = (reason: string, count: number): void => {
    if (count > 0) counts[reason] = (counts[reason] ?? 0) + count;
  };
  add("duplicate", catalog.duplicates.length);
  for (const index of people) add("person", catalog.countOf(index));
  for (const { reason } of turnedAway) add(reason, 1);
  return { images: walkable(catalog.duplicates, people.length > 0 ? catalog : null, people, turnedAway), counts };
}

function walkable(
  duplicates: readonly CatalogImage[],
  catalog: Catalog | null,
  people: readonly number[],
  turnedAway: readonly RejectedImage[],
): Iterable<RejectedImage> {
  return {
    *[Symbol.iterator]() {
      for (const image of duplicates) {
        yield { ...image, reason: "duplicate", detail: "another picture has the same id and the same bytes" };
      }
      if (catalog !== null) for (const index of people) yield* peopleOf(catalog, index);
      yield* turnedAway;
    },
  };
}

function* peopleOf(catalog: Catalog, index: number): Generator<RejectedImage> {
  for (let position = 0; position < catalog.countOf(index); position++) {
    yield { ...catalog.entryOf(index, position), reason: "person", detail: "its class is a person class" };
  }
}
