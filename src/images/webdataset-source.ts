import { readSync } from "node:fs";
import type { Listing, ListingNotes, Source } from "../records/index.js";
import { baseNameOf } from "./image-id.js";
import { isHidden, quoteName } from "./listing-rules.js";
import { findTars, listTars, readTarMember, walkInBatches } from "./tar-files.js";
import { type TarArchive, type TarMember, walkTar } from "./walk-tar.js";

const PICTURE_EXTENSIONS = new Set(["jpg", "jpeg", "png", "webp", "gif", "tif", "tiff", "bmp"]);
/** Longest class text that is read from a `.cls` member. */
const MAX_LABEL_BYTES = 1024;

/**
 * WebDataset shards: a folder of tars, or one of them. A sample is the run of members with one key, the path up to the
 * first dot of its base name; the rest is the extension. Members with a picture's extension are listed under their own
 * path, wherever the shard lies; the text of a `.cls` member is their label, all others are counted as sidecars.
 */
export async function openWebDatasetSource(path: string): Promise<Source> {
  const tars = await findTars(path);
  return {
    kind: "webdataset",
    async *list(notes) {
      for await (const file of listTars(tars, "webdataset", notes)) {
        yield* walkInBatches(tars, file, (archive) => listShard(archive, file, notes));
      }
    },
    read: readTarMember(tars),
    close: () => Promise.resolve(),
  };
}

function* listShard(archive: TarArchive, file: string, notes: ListingNotes | undefined): Generator<Listing> {
  let key = "";
  let label: string | null = null;
  let pictures: TarMember[] = [];
  for (const member of walkTar(archive, notes)) {
    if (isHidden(member.path)) continue;
    const split = splitName(member.path);
    if (split.key !== key) {
      yield* pictures.map((picture) => listingOf(picture, file, label));
      key = split.key;
      label = null;
      pictures = [];
    }
    if (PICTURE_EXTENSIONS.has(split.extension)) {
      pictures.push(member);
      continue;
    }
    notes?.sidecars(1);
    if (split.extension === "cls") label = readLabel(archive, member);
    else if (PICTURE_EXTENSIONS.has(split.extension.slice(split.extension.lastIndexOf(".") + 1))) {
      notes?.problem(
        `${quoteName(member.path)} in ${archive.label} has a dot in its key, so it is not read as a picture`,
      );
    }
  }
  yield* pictures.map((picture) => listingOf(picture, file, label));
}

function listingOf({ path, offset, length }: TarMember, file: string, label: string | null): Listing {
  const place = { path: file, offset, length };
  return label === null ? { path, place } : { path, label, place };
}

function splitName(path: string): { key: string; extension: string } {
  const base = baseNameOf(path);
  const dot = base.indexOf(".");
  if (dot < 0) return { key: path, extension: "" };
  return { key: path.slice(0, path.length - base.length + dot), extension: base.slice(dot + 1).toLowerCase() };
}

/** The trimmed text of a class member, null where it is blank or too long to be a class. */
function readLabel({ fd }: TarArchive, { offset, length }: TarMember): string | null {
  if (length > MAX_LABEL_BYTES) return null;
  const bytes = Buffer.alloc(length);
  const text = bytes.toString("utf8", 0, readSync(fd, bytes, 0, length, offset)).trim();
  return text === "" ? null : text;
}
