import { closeSync, fstatSync, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Listing, type ListingNotes, type Source, type SourceKind, UserError } from "../records/index.js";
import { isSidecar, quoteName } from "./listing-rules.js";
import { fileError, pathInside } from "./read-file.js";
import { readPicture } from "./read-quickly.js";
import { walkFolder } from "./walk-folder.js";
import { compressedTar, isTarName, type TarArchive } from "./walk-tar.js";

const BATCH = 1024;

/** The tars a source is made of. */
export interface TarFiles {
  /** The folder that places are relative to. */
  readonly root: string;
  /** The one tar the source is, relative to `root`; null where the source is a folder of tars. */
  readonly single: string | null;
}

/** Throws a `UserError` where the path does not exist. */
export async function findTars(path: string): Promise<TarFiles> {
  const facts = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  return facts.isDirectory() ? { root: path, single: null } : { root: dirname(path), single: basename(path) };
}

/** Yields the tars as paths relative to the root. Throws a `UserError` on a compressed one, and where there is none. */
export async function* listTars(tars: TarFiles, kind: SourceKind, notes?: ListingNotes): AsyncGenerator<string> {
  if (tars.single !== null) {
    yield tars.single;
    return;
  }
  let found = 0;
  for await (const files of walkFolder(tars.root, notes)) {
    for (const path of files) {
      const compression = compressionOf(path);
      if (compression !== null) throw compressedTar(quoteName(join(tars.root, path)), compression);
      if (isTarName(path)) {
        found++;
        yield path;
      } else if (isSidecar(path)) notes?.sidecars(1);
      else notes?.problem(`${quoteName(path)} is not a .tar; \`source: ${kind}\` reads only those`);
    }
  }
  if (found === 0) {
    throw new UserError(`${quoteName(tars.root)} holds no .tar file; for loose pictures use \`source: folder\``);
  }
}

/** How a tar is compressed, by its name; null where it is not, or is no tar. */
export function compressionOf(path: string): string | null {
  const match = /\.(?:tar\.(gz|bz2|xz|zst)|(tgz|tbz2?|txz))$/i.exec(path);
  return match?.[1] ?? match?.[2] ?? null;
}

/** Walks one tar, open no longer than that, in batches between which the event loop turns. */
export async function* walkInBatches(
  tars: TarFiles,
  path: string,
  walk: (archive: TarArchive) => Iterable<Listing>,
): AsyncGenerator<readonly Listing[]> {
  const absolute = join(tars.root, path);
  const fd = openOrThrow(absolute);
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) throw new UserError(`${quoteName(absolute)} is not a regular file; name a tar archive`);
    let batch: Listing[] = [];
    for (const listing of walk({ fd, label: quoteName(absolute), start: 0, end: facts.size })) {
      batch.push(listing);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
      await setImmediate();
    }
    if (batch.length > 0) yield batch;
  } finally {
    closeSync(fd);
  }
}

/** Reads a member where it lies. */
export function readTarMember(tars: TarFiles): Source["read"] {
  return async ({ path, offset, length }) => {
    const absolute = pathInside(tars.root, path);
    if (offset === undefined || length === undefined) {
      throw new UserError(`${quoteName(absolute)} is named without the place of a member; draw the sample again`);
    }
    return readPicture(absolute, { offset, length });
  };
}

function openOrThrow(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw fileError(path, error);
  }
}
