import type { CatalogImage, Listing, Locator } from "../records/index.js";
import {
  baseNameOf,
  classOfFolder,
  folderOf,
  nameImage,
  nameImageByBytes,
  pathId,
  readImageNetName,
  sha256Of,
} from "./image-id.js";
import { numberColumn, recordArena } from "./number-column.js";

/**
 * The listed pictures, packed: for each one the number of its shelf (4 bytes), the key of its id (8), an address (4),
 * and there 2 bytes, the part of its name that the shelf does not know, and 8 or 12 bytes for a row or a tar member.
 */
export interface CatalogEntries {
  length(): number;
  /** Adds a picture; `bytesSha256` (hex) names one without a path. */
  add(source: number, listing: Listing, bytesSha256: string | null): void;
  classOf(entry: number): string | null;
  idOf(entry: number): string;
  imageAt(entry: number): CatalogImage;
  /** The two halves of 64 bits that are equal for equal ids. */
  keyHighOf(entry: number): number;
  keyLowOf(entry: number): number;
}

/** What pictures that lie together have in common. */
interface Shelf {
  readonly source: number;
  /** The file that holds them, null where each is a file under its own path. */
  readonly container: string | null;
  /** What their paths begin with, null for rows without a path. */
  readonly prefix: string | null;
  /** Set where each has an ImageNet name of this wnid: the prefix ends with `<wnid>_`, the rest is `<number>.<ext>`. */
  readonly wnid: string | null;
  readonly label: string | null;
  readonly class: string | null;
  readonly shape: "file" | "member" | "row";
}

export function catalogEntries(): CatalogEntries {
  const shelves = shelfRegister();
  const shelfNumberOf = numberColumn();
  const keyHighOf = numberColumn();
  const keyLowOf = numberColumn();
  const addressOf = numberColumn();
  const arena = recordArena();

  const shelfAt = (entry: number) => shelves.at(shelfNumberOf.at(entry));
  const idOf = (entry: number): string => {
    const shelf = shelfAt(entry);
    if (shelf.wnid !== null) {
      const rest = arena.textAt(addressOf.at(entry));
      return `${shelf.wnid}_${rest.slice(0, rest.indexOf("."))}`;
    }
    const hex = hexOf(keyHighOf.at(entry)) + hexOf(keyLowOf.at(entry));
    return shelf.prefix === null ? nameImageByBytes(hex).id : pathId(hex);
  };
  return {
    length: shelfNumberOf.length,
    add(source, listing, bytesSha256) {
      const { shelf, rest, id } = placeOnShelf(source, listing);
      shelfNumberOf.push(shelves.numberOf(shelf));
      const hash = id !== null ? null : (bytesSha256 ?? sha256Of((listing.path ?? "").normalize("NFC")));
      keyHighOf.push(hash === null ? fnv1a(id ?? "", 0x811c9dc5) : Number.parseInt(hash.slice(0, 8), 16));
      keyLowOf.push(hash === null ? fnv1a(id ?? "", 0x2545f491) : Number.parseInt(hash.slice(8, 16), 16));
      const { offset, length, row } = listing.place;
      addressOf.push(arena.append(rest, offset ?? row ?? null, length ?? null));
    },
    classOf: (entry) => shelfAt(entry).class,
    idOf,
    imageAt(entry) {
      const shelf = shelfAt(entry);
      const address = addressOf.at(entry);
      const path = shelf.prefix === null ? null : shelf.prefix + arena.textAt(address);
      const base = { source: shelf.source, path: shelf.container ?? path ?? "" };
      const locator: Locator =
        shelf.shape === "member"
          ? { ...base, offset: arena.firstAt(address), length: arena.secondAt(address) }
          : shelf.shape === "row"
            ? { ...base, row: arena.firstAt(address) }
            : base;
      const id = idOf(entry);
      const fileName = path === null ? id : nameImage(path).fileName;
      return { id, class: shelf.class, fileName, locator };
    },
    keyHighOf: keyHighOf.at,
    keyLowOf: keyLowOf.at,
  };
}

/** Splits a listing into what it shares with its neighbours and what is its own; `id` only for ImageNet names. */
function placeOnShelf(source: number, { path, label, place }: Listing) {
  const baseName = path === null ? "" : baseNameOf(path);
  const imageNet = readImageNetName(baseName);
  const rest = imageNet === null ? baseName : baseName.slice(baseName.lastIndexOf("_") + 1);
  const shelf: Omit<Shelf, "class"> = {
    source,
    container: place.path === path ? null : place.path,
    prefix: path === null ? null : path.slice(0, path.length - rest.length),
    wnid: imageNet?.wnid ?? null,
    label: imageNet === null ? (label ?? null) : null,
    shape: place.row !== undefined ? "row" : place.offset !== undefined ? "member" : "file",
  };
  return { shelf, rest, id: imageNet === null ? null : `${imageNet.wnid}_${imageNet.number}` };
}

function shelfRegister(): { numberOf(shelf: Omit<Shelf, "class">): number; at(number: number): Shelf } {
  const shelves: Shelf[] = [];
  const numbers = new Map<string, number>();
  let last = -1;
  return {
    numberOf(wanted) {
      // Sources list neighbours one after the other, so the last shelf is nearly always the right one.
      const known = shelves[last];
      if (known !== undefined && isSameShelf(known, wanted)) return last;
      const { source, shape, container, prefix, wnid, label } = wanted;
      const key = JSON.stringify([source, shape, container, prefix, wnid, label]);
      last = numbers.get(key) ?? shelves.length;
      if (last === shelves.length) {
        numbers.set(key, last);
        shelves.push({ ...wanted, class: wnid ?? classOfFolder(folderOf(prefix ?? ""), label ?? undefined) });
      }
      return last;
    },
    at(number) {
      const shelf = shelves[number];
      if (shelf === undefined) throw new RangeError(`no shelf ${number}`);
      return shelf;
    },
  };
}

function isSameShelf(a: Omit<Shelf, "class">, b: Omit<Shelf, "class">): boolean {
  return (
    a.prefix === b.prefix &&
    a.container === b.container &&
    a.source === b.source &&
    a.wnid === b.wnid &&
    a.label === b.label &&
    a.shape === b.shape
  );
}

function hexOf(half: number): string {
  return half.toString(16).padStart(8, "0");
}

/** FNV-1a, 32 bits. Only finds ids that may be equal; whether they are is looked up. */
function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
