import type { CatalogImage, ListingNotes, Source } from "../records/index.js";
import { type CatalogEntries, catalogEntries } from "./catalog-entries.js";
import { comparePlaces, findDuplicates } from "./doubled-ids.js";
import { classOfPath, sha256Of } from "./image-id.js";

/**
 * Every picture the sources list in the classes asked for, addressed by class and by its place in the order of ids
 * inside that class, so that nothing depends on the order in which a source lists.
 */
export interface Catalog {
  /** Pictures, duplicates left out. */
  readonly size: number;
  /** Class keys, null first, then by code unit. */
  readonly classes: readonly (string | null)[];
  countOf(classIndex: number): number;
  /** The id at `position`, 0…countOf − 1 in the order of ids by code unit. Cheapest class by class. */
  idOf(classIndex: number, position: number): string;
  entryOf(classIndex: number, position: number): CatalogImage;
  /** Pictures listed in classes that were not asked for. */
  readonly outsideClasses: number;
  /** Files beside the pictures (notes, tables, labels) that were passed over. */
  readonly sidecars: number;
  /** Pictures whose id another one with the same bytes already has, in the order of ids. */
  readonly duplicates: readonly CatalogImage[];
  /** What the sources passed over and why, a sentence each. */
  readonly problems: readonly string[];
}

export interface CatalogOptions {
  /** The classes asked for; null asks for all, pictures without a class too. */
  readonly classes: ReadonlySet<string> | null;
  /** Told how far the listing is. */
  readonly say: (sentence: string) => void;
  /** Ends the listing by throwing its reason. */
  readonly signal?: AbortSignal;
}

/** Sentences kept of what sources pass over; a hostile archive could bring millions. */
const KEPT_PROBLEMS = 100;
const SAY_EVERY = 1_000_000;

/**
 * Lists every source into one catalog. Memory is 33 bytes a picture for loose ImageNet files and 45 for tar members,
 * names included, and 8 more while doubled ids are looked for: 0.55 to 0.8 GB for 13 million, which take some 15 s
 * (`bench/catalog.js`). Pictures of a class are put in order when the class is first asked for. Throws a `UserError`
 * where a source cannot be listed, and where one id stands for pictures with different bytes.
 */
export async function buildCatalog(
  sources: readonly Source[],
  { classes, say, signal }: CatalogOptions,
): Promise<Catalog> {
  const entries = catalogEntries();
  let outsideClasses = 0;
  let sidecars = 0;
  let problemCount = 0;
  const problems: string[] = [];
  const notes: ListingNotes = {
    sidecars: (count) => {
      sidecars += count;
    },
    problem: (sentence) => {
      if (++problemCount <= KEPT_PROBLEMS) problems.push(sentence);
    },
  };
  for (const [number, source] of sources.entries()) {
    for await (const batch of source.list(notes)) {
      signal?.throwIfAborted();
      const before = entries.length();
      for (const listing of batch) {
        if (classes !== null && !classes.has(classOfPath(listing.path ?? "", listing.label) ?? "")) outsideClasses++;
        else entries.add(number, listing, listing.path === null ? sha256Of(await source.read(listing.place)) : null);
      }
      const millions = Math.floor(entries.length() / SAY_EVERY);
      if (millions > Math.floor(before / SAY_EVERY)) say(`${millions} million pictures listed`);
    }
  }
  const dropped = await findDuplicates(entries, sources, say);
  problems.sort();
  if (problemCount > KEPT_PROBLEMS) problems.push(`and ${problemCount - KEPT_PROBLEMS} more of this kind`);
  return {
    ...shelveByClass(entries, dropped),
    outsideClasses,
    sidecars,
    duplicates: dropped.map(entries.imageAt).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : comparePlaces(a, b))),
    problems,
  };
}

/** Groups the entries by class, and orders those of one class by id when it is first asked for. */
function shelveByClass(
  entries: CatalogEntries,
  dropped: readonly number[],
): Pick<Catalog, "size" | "classes" | "countOf" | "idOf" | "entryOf"> {
  const left = new Set(dropped);
  const counts = new Map<string | null, number>();
  for (let entry = 0; entry < entries.length(); entry++) {
    const key = entries.classOf(entry);
    if (!left.has(entry)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const classes = [...counts.keys()].sort((a, b) => (a === null ? -1 : b === null ? 1 : a < b ? -1 : 1));
  const next = new Map<string | null, number>();
  const starts = new Uint32Array(classes.length + 1);
  for (const [i, key] of classes.entries()) {
    next.set(key, starts[i] ?? 0);
    starts[i + 1] = (starts[i] ?? 0) + (counts.get(key) ?? 0);
  }
  const members = new Uint32Array(entries.length() - dropped.length);
  for (let entry = 0; entry < entries.length(); entry++) {
    if (left.has(entry)) continue;
    const key = entries.classOf(entry);
    const place = next.get(key) ?? 0;
    members[place] = entry;
    next.set(key, place + 1);
  }

  const isOrdered = new Uint8Array(classes.length);
  let idsOfLast: { readonly classIndex: number; readonly ids: readonly string[] } | null = null;
  const idsOf = (classIndex: number): readonly string[] => {
    if (idsOfLast?.classIndex === classIndex) return idsOfLast.ids;
    const slice = members.subarray(starts[classIndex], starts[classIndex + 1]);
    const ids = Array.from(slice, entries.idOf);
    if (isOrdered[classIndex] === 0) {
      const byId = new Map(ids.map((id, i) => [id, slice[i] ?? 0]));
      slice.set(ids.sort().map((id) => byId.get(id) ?? 0));
      isOrdered[classIndex] = 1;
    }
    idsOfLast = { classIndex, ids };
    return ids;
  };
  const check = (classIndex: number, position: number) => {
    const count = (starts[classIndex + 1] ?? 0) - (starts[classIndex] ?? 0);
    if (!(position >= 0 && position < count)) throw new RangeError(`class ${classIndex} has no picture ${position}`);
  };
  return {
    size: members.length,
    classes,
    countOf: (classIndex) => (starts[classIndex + 1] ?? 0) - (starts[classIndex] ?? 0),
    idOf(classIndex, position) {
      check(classIndex, position);
      return idsOf(classIndex)[position] ?? "";
    },
    entryOf(classIndex, position) {
      check(classIndex, position);
      if (isOrdered[classIndex] === 0) idsOf(classIndex);
      return entries.imageAt(members[(starts[classIndex] ?? 0) + position] ?? 0);
    },
  };
}
