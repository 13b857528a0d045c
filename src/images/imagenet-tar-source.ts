import { type Listing, type ListingNotes, type Source, UserError } from "../records/index.js";
import { baseNameOf, folderOf } from "./image-id.js";
import { isHidden, isSidecar, quoteName } from "./listing-rules.js";
import { compressionOf, findTars, listTars, readTarMember, walkInBatches } from "./tar-files.js";
import { compressedTar, isTarName, type TarArchive, walkTar } from "./walk-tar.js";

/** Tars inside tars inside tars: no known copy goes deeper than two. */
const MAX_DEPTH = 4;

/**
 * ImageNet as it is handed out: a folder of per-class tars at any depth, one tar that holds per-class tars, or a single
 * class tar. `dogs.tar` holding `a.jpg` (or `dogs/a.jpg`) lists as `dogs/a.jpg`, as if it had been unpacked into a
 * folder of its name; one tar of tars lends its own name to nothing. Members are read in place.
 */
export async function openImageNetTarSource(path: string): Promise<Source> {
  const tars = await findTars(path);
  return {
    kind: "imagenet-tar",
    async *list(notes) {
      for await (const file of listTars(tars, "imagenet-tar", notes)) {
        const stem = withoutTar(file);
        const folder = tars.single === null ? stem : "";
        yield* walkInBatches(tars, file, (archive) =>
          listArchive({ archive, file, folder, flatFolder: stem, depth: 1, notes }),
        );
      }
    },
    read: readTarMember(tars),
    close: () => Promise.resolve(),
  };
}

interface Walk {
  readonly archive: TarArchive;
  /** The file the archive lies in, relative to the source's root. */
  readonly file: string;
  /** The folder its members would be unpacked into. */
  readonly folder: string;
  /** The same for pictures that lie in no folder of the archive. */
  readonly flatFolder: string;
  readonly depth: number;
  readonly notes: ListingNotes | undefined;
}

function* listArchive(walk: Walk): Generator<Listing> {
  const { archive, file, folder, flatFolder, depth, notes } = walk;
  for (const { path, offset, length } of walkTar(archive, notes)) {
    if (isHidden(path)) continue;
    const compression = compressionOf(path);
    if (isSidecar(path)) {
      notes?.sidecars(1);
    } else if (compression !== null || isTarName(path)) {
      const label = `${quoteName(path)} in ${archive.label}`;
      if (compression !== null) throw compressedTar(label, compression);
      if (depth === MAX_DEPTH) throw new UserError(`${label} lies ${depth} tars deep; unpack the outer ones first`);
      const base = joinFolder(folder, withoutTar(path));
      const inner = { ...archive, label, start: offset, end: offset + length };
      yield* listArchive({ archive: inner, file, folder: base, flatFolder: base, depth: depth + 1, notes });
    } else {
      const unpacked = joinFolder(path.includes("/") ? folder : flatFolder, path);
      yield { path: unpacked, place: { path: file, offset, length } };
    }
  }
}

/** Joins a folder and a member's path, but does not double a folder the member's own path begins with. */
function joinFolder(folder: string, path: string): string {
  const doubled = path.startsWith(`${baseNameOf(folder)}/`);
  const base = doubled ? folderOf(folder) : folder;
  return base === "" ? path : `${base}/${path}`;
}

function withoutTar(path: string): string {
  return path.slice(0, -".tar".length);
}
