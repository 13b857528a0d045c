import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { type Listing, type ListingNotes, type Source, UserError } from "../records/index.js";
import { folderOf } from "./image-id.js";
import { isSidecar, quoteName, relativePath } from "./listing-rules.js";
import { openParquetFile, type ParquetFile, type ParquetPicture } from "./parquet-file.js";
import { fileError, MAX_PICTURE_BYTES, pathInside, readFilePart } from "./read-file.js";
import { walkFolder } from "./walk-folder.js";

/** Footers that are kept, so that reading here and there in many files does not parse them again each time. */
const KEPT_FILES = 16;
/** Unpacked row groups that are kept, in bytes; the last one is kept whatever its size. */
const KEPT_BYTES = 96 * 1024 * 1024;
const BATCH = 1024;

/**
 * A folder of Parquet files, or one of them. A row's own path names its picture; a row without one is listed with path
 * null. A row that has a path and no bytes names a file beside its Parquet file, read only inside the source's folder; one
 * that has neither is not listed, and reads as an empty file where something else names it.
 * The row groups read last are kept, so reading rows in order unpacks each group once.
 */
export async function openParquetSource(path: string): Promise<Source> {
  const facts = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  const root = facts.isDirectory() ? path : dirname(path);
  const single = facts.isDirectory() ? null : basename(path);
  const openFile = rememberNewest(
    KEPT_FILES,
    () => 1,
    (name) => openParquetFile(pathInside(root, name)),
  );
  const readGroup = rememberNewest(KEPT_BYTES, weighPictures, async (key) => {
    const slash = key.indexOf("/");
    return (await openFile(key.slice(slash + 1))).readPictures(Number(key.slice(0, slash)));
  });
  const picturesOf = (name: string, group: number) => readGroup(`${group}/${name}`);

  return {
    kind: "parquet",
    async *list(notes) {
      for await (const name of listFiles(root, single, notes)) {
        const file = await openFile(name);
        for (const [group, { firstRow }] of file.groups.entries()) {
          yield* listGroup({ name, file, group, firstRow, picturesOf, notes });
        }
      }
    },
    async read({ path: name, row }) {
      const file = await openFile(name);
      const group = file.groups.findIndex(({ firstRow, rows }) => row !== undefined && row < firstRow + rows);
      const firstRow = file.groups[group]?.firstRow;
      const picture =
        firstRow === undefined || row === undefined ? undefined : (await picturesOf(name, group))[row - firstRow];
      if (picture === undefined) {
        throw new UserError(
          `${quoteName(join(root, name))} has no row ${row ?? "without a number"}; draw the sample again`,
        );
      }
      return readPicture(root, name, picture);
    },
    close: () => Promise.resolve(),
  };
}

async function* listFiles(root: string, single: string | null, notes?: ListingNotes): AsyncGenerator<string> {
  if (single !== null) {
    yield single;
    return;
  }
  let found = 0;
  for await (const files of walkFolder(root, notes)) {
    const parquet = files.filter((name) => /\.parquet$/i.test(name));
    notes?.sidecars(files.filter(isSidecar).length);
    found += parquet.length;
    yield* parquet;
  }
  if (found === 0) {
    throw new UserError(`${quoteName(root)} holds no .parquet file; for loose pictures use \`source: folder\``);
  }
}

interface GroupWalk {
  readonly name: string;
  readonly file: ParquetFile;
  readonly group: number;
  readonly firstRow: number;
  readonly picturesOf: (name: string, group: number) => Promise<readonly ParquetPicture[]>;
  readonly notes: ListingNotes | undefined;
}

async function* listGroup(walk: GroupWalk): AsyncGenerator<readonly Listing[]> {
  const names = await walk.file.readNames(walk.group);
  const paths = names.map(({ path }) => (path === null ? null : relativePath(path)));
  // Only rows that no path names have to be looked into here.
  const named = names.length > 0 && !paths.includes(null);
  const pictures = named ? null : await walk.picturesOf(walk.name, walk.group);
  let batch: Listing[] = [];
  for (let i = 0; i < (pictures?.length ?? names.length); i++) {
    const row = walk.firstRow + i;
    const path = paths[i] ?? null;
    const label = names[i]?.label ?? null;
    if (path === null && pictures?.[i]?.bytes == null) {
      walk.notes?.problem(
        `row ${row} of ${quoteName(walk.name)} has neither bytes nor a path inside the source; passed over`,
      );
      continue;
    }
    const place = { path: walk.name, row };
    batch.push(label === null ? { path, place } : { path, label, place });
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

async function readPicture(root: string, name: string, { bytes, path }: ParquetPicture): Promise<Buffer> {
  if (bytes !== null) {
    if (bytes.length <= MAX_PICTURE_BYTES) return Buffer.from(bytes);
    throw new UserError(`a row of ${quoteName(name)} holds ${bytes.length} bytes, more than a picture may have`);
  }
  const relative = path === null ? null : relativePath(path);
  if (relative === null) return Buffer.alloc(0);
  const folder = folderOf(name);
  const beside = pathInside(root, folder === "" ? relative : `${folder}/${relative}`);
  const [real, realRoot] = await Promise.all([realpath(beside), realpath(root)]).catch((error: unknown) => {
    throw fileError(beside, error);
  });
  if (!real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) {
    throw new UserError(`${quoteName(beside)} leads out of ${quoteName(root)}; copy the file into the source`);
  }
  return readFilePart(real);
}

function weighPictures(pictures: readonly ParquetPicture[]): number {
  return pictures.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
}

/** Keeps the newest answers whose weights together stay within `most`, and always the last one; a failed one is asked again. */
function rememberNewest<T>(
  most: number,
  weigh: (answer: T) => number,
  make: (key: string) => Promise<T>,
): (key: string) => Promise<T> {
  const kept = new Map<string, { readonly answer: Promise<T>; weight: number }>();
  const forgetOldest = () => {
    let total = 0;
    for (const [key, { weight }] of [...kept].reverse()) {
      total += weight;
      if (total > most && total > weight) kept.delete(key);
    }
  };
  return (key) => {
    const entry = kept.get(key) ?? { answer: make(key), weight: 0 };
    const isNew = !kept.has(key);
    kept.delete(key);
    kept.set(key, entry);
    if (isNew) {
      const weighed = (answer: T) => {
        entry.weight = weigh(answer);
        forgetOldest();
      };
      entry.answer.then(weighed, () => kept.delete(key));
    }
    return entry.answer;
  };
}
