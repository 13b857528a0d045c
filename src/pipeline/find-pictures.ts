import { createHash } from "node:crypto";
import { posix } from "node:path";
import { nameImage, nameImageByBytes, openSource } from "../images/index.js";
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

/** Lists the user's copy and keeps the places whose name says that they may hold a picture that is wanted. Reads no picture that has a name. */
export async function findPlaces(
  spec: { readonly source: SourceKind; readonly path: string },
  wanted: ReadonlyMap<ImageId, ExportImage>,
  say: (sentence: string) => void,
): Promise<FoundPlaces> {
  const source = await openSource(spec);
  const places = new Map<ImageId, Place[]>();
  const namesakes = idsByBaseName(wanted);
  for await (const batch of source.list({ sidecars: () => undefined, problem: say })) {
    for (const { path, place } of batch) {
      for (const id of await idsOf(path, place, source, namesakes)) {
        if (!wanted.has(id)) continue;
        const known = places.get(id);
        if (known === undefined) places.set(id, [{ ...place, name: path }]);
        else known.push({ ...place, name: path });
      }
    }
  }
  return { source, places };
}

async function idsOf(
  path: string | null,
  place: Listing["place"],
  source: Source,
  namesakes: ReadonlyMap<string, readonly ImageId[]>,
): Promise<Iterable<ImageId>> {
  if (path === null) {
    const bytes = await source.read(place).catch(() => null);
    return bytes === null ? [] : [nameImageByBytes(createHash("sha256").update(bytes).digest("hex")).id];
  }
  const base = posix.basename(path);
  // A copy may lie in other folders than the run's did, or carry our own ids as names.
  return new Set([nameImage(path).id, base.replace(/\.[^.]*$/, ""), ...(namesakes.get(base.normalize("NFC")) ?? [])]);
}

function idsByBaseName(wanted: ReadonlyMap<ImageId, ExportImage>): ReadonlyMap<string, readonly ImageId[]> {
  const ids = new Map<string, ImageId[]>();
  for (const { id, fileName } of wanted.values()) {
    const base = posix.basename(fileName);
    const known = ids.get(base);
    if (known === undefined) ids.set(base, [id]);
    else known.push(id);
  }
  return ids;
}
