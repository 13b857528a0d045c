import { createHash } from "node:crypto";
import { posix } from "node:path";
import { nameImage, openSource } from "../images/index.js";
import type { ExportImage, ImageId, Listing, Source, SourceKind } from "../records/index.js";

/** Where a picture may lie in the user's copy. */
export type Place = Listing["place"] & {
  /** Relative path the picture would have in the unpacked source; null for a row without one. */
  readonly name: string | null;
};

export interface FoundPlaces {
  readonly source: Source;
  /** Places by image id, each in the order of the listing; usually one. */
  readonly places: ReadonlyMap<ImageId, readonly Place[]>;
}

/**
 * Lists the user's copy and keeps the places whose name says that they may hold a picture that is wanted. Only rows
 * without a name are read: their bytes say which they are.
 */
export async function findPlaces(
  spec: { readonly source: SourceKind; readonly path: string },
  wanted: ReadonlyMap<ImageId, ExportImage>,
  say: (sentence: string) => void,
): Promise<FoundPlaces> {
  const source = await openSource(spec);
  const places = new Map<ImageId, Place[]>();
  const namesakes = idsBy(wanted, ({ fileName }) => posix.basename(fileName));
  const twins = idsBy(wanted, ({ sha256 }) => sha256 ?? "");
  for await (const batch of source.list({ sidecars: () => undefined, problem: say })) {
    for (const { path, place } of batch) {
      for (const id of path === null ? await idsByBytes(place, source, twins) : idsByName(path, namesakes)) {
        if (!wanted.has(id)) continue;
        const known = places.get(id);
        if (known === undefined) places.set(id, [{ ...place, name: path }]);
        else known.push({ ...place, name: path });
      }
    }
  }
  return { source, places };
}

type Ids = ReadonlyMap<string, readonly ImageId[]>;

async function idsByBytes(place: Listing["place"], source: Source, twins: Ids): Promise<Iterable<ImageId>> {
  const bytes = await source.read(place).catch(() => null);
  return bytes === null ? [] : (twins.get(createHash("sha256").update(bytes).digest("hex")) ?? []);
}

/** A copy may lie in other folders than the run's did, or carry our own ids as names. */
function idsByName(path: string, namesakes: Ids): Iterable<ImageId> {
  const base = posix.basename(path);
  return new Set([nameImage(path).id, base.replace(/\.[^.]*$/, ""), ...(namesakes.get(base.normalize("NFC")) ?? [])]);
}

function idsBy(wanted: ReadonlyMap<ImageId, ExportImage>, keyOf: (image: ExportImage) => string): Ids {
  const ids = new Map<string, ImageId[]>();
  for (const image of wanted.values()) {
    const key = keyOf(image);
    const known = ids.get(key);
    if (known === undefined) ids.set(key, [image.id]);
    else known.push(image.id);
  }
  return ids;
}
