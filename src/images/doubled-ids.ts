import type { CatalogImage, Source } from "../records/index.js";
import { UserError } from "../records/index.js";
import type { CatalogEntries } from "./catalog-entries.js";
import { sha256Of } from "./image-id.js";
import { quoteName } from "./listing-rules.js";

/** How many of the ids that stand for different pictures a message names. */
const NAMED = 10;

/**
 * Finds ids that stand more than once and returns the entries to leave out. Kept is the one that comes first by source,
 * path, offset and row, so the listing's order does not matter. Throws a `UserError` with the number and the first
 * ten where one id stands for different bytes. Only doubled pictures are read.
 */
export async function findDuplicates(
  entries: CatalogEntries,
  sources: readonly Pick<Source, "read">[],
  say: (sentence: string) => void,
): Promise<readonly number[]> {
  const doubled = groupDoubled(entries);
  if (doubled.length > 0) say(`${doubled.length} ids stand more than once; comparing their pictures`);
  const duplicates: number[] = [];
  const clashes: (readonly [CatalogImage, CatalogImage])[] = [];
  for (const group of doubled) {
    const images = group.map((entry) => ({ entry, image: entries.imageAt(entry) }));
    const [kept, ...others] = images.sort((a, b) => comparePlaces(a.image, b.image));
    if (kept === undefined) continue;
    let keptHash: string | null = null;
    for (const other of others) {
      const lengths = [kept.image.locator.length, other.image.locator.length];
      const known = lengths[0] !== undefined && lengths[1] !== undefined;
      keptHash ??= known && lengths[0] !== lengths[1] ? null : await hashOf(kept.image, sources);
      if (keptHash !== null && keptHash === (await hashOf(other.image, sources))) {
        duplicates.push(other.entry);
        continue;
      }
      clashes.push([kept.image, other.image]);
      break;
    }
  }
  if (clashes.length > 0) throw clashError(clashes);
  return duplicates;
}

/** Entries by doubled id, ids in order. Sorting the keys alone takes 8 bytes a picture, for as long as it runs. */
function groupDoubled(entries: CatalogEntries): readonly (readonly number[])[] {
  const count = entries.length();
  const keys = new BigUint64Array(count);
  const halves = new Uint32Array(keys.buffer);
  for (let i = 0; i < count; i++) {
    halves[2 * i] = entries.keyLowOf(i);
    halves[2 * i + 1] = entries.keyHighOf(i);
  }
  keys.sort();
  const suspects = new Set<string>();
  for (let i = 1; i < count; i++) {
    const [low, high] = [halves[2 * i], halves[2 * i + 1]];
    if (low === halves[2 * i - 2] && high === halves[2 * i - 1]) suspects.add(`${high}/${low}`);
  }
  if (suspects.size === 0) return [];
  const byId = new Map<string, number[]>();
  for (let i = 0; i < count; i++) {
    if (!suspects.has(`${entries.keyHighOf(i)}/${entries.keyLowOf(i)}`)) continue;
    const id = entries.idOf(i);
    const known = byId.get(id);
    if (known === undefined) byId.set(id, [i]);
    else known.push(i);
  }
  return [...byId.keys()]
    .sort()
    .map((id) => byId.get(id) ?? [])
    .filter((group) => group.length > 1);
}

/** By source, path (code units), offset, row. */
export function comparePlaces({ locator: a }: CatalogImage, { locator: b }: CatalogImage): number {
  if (a.source !== b.source) return a.source - b.source;
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return (a.offset ?? 0) - (b.offset ?? 0) || (a.row ?? 0) - (b.row ?? 0);
}

async function hashOf({ locator }: CatalogImage, sources: readonly Pick<Source, "read">[]): Promise<string> {
  const { source, ...place } = locator;
  const found = sources[source];
  if (found === undefined) throw new RangeError(`no source ${source}`);
  return sha256Of(await found.read(place));
}

function clashError(clashes: readonly (readonly [CatalogImage, CatalogImage])[]): UserError {
  const named = clashes.slice(0, NAMED).map(([a, b]) => `${a.id} (${placeWords(a)}; ${placeWords(b)})`);
  const count = clashes.length === 1 ? "1 image id stands" : `${clashes.length} image ids stand`;
  const first = clashes.length > NAMED ? `, the first ${NAMED} are` : ":";
  return new UserError(
    `${count} for pictures with different bytes${first} ${named.join(", ")}; rename or remove one of each, or leave one source out`,
  );
}

function placeWords({ locator: { source, path, offset, row } }: CatalogImage): string {
  const within = row !== undefined ? ` row ${row}` : offset !== undefined ? ` at byte ${offset}` : "";
  return `source ${source + 1}, ${quoteName(path)}${within}`;
}
