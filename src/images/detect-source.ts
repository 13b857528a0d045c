import { closeSync, fstatSync, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type SourceKind, UserError } from "../records/index.js";
import { isHidden, isSidecar, quoteName } from "./listing-rules.js";
import { fileError } from "./read-file.js";
import { compressionOf } from "./tar-files.js";
import { walkFolder } from "./walk-folder.js";
import { compressedTar, isTarName, walkTar } from "./walk-tar.js";

/** Enough to see what a folder or an archive is made of. */
const FILES_LOOKED_AT = 2_000;
const MEMBERS_LOOKED_AT = 64;

/**
 * What kind of source a path is, by what lies there: loose pictures before tables before archives. A tar with notes
 * beside its pictures is a WebDataset shard, any other one is ImageNet's. Throws a `UserError` where it is none.
 */
export async function detectSource(path: string): Promise<SourceKind> {
  const facts = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  if (!facts.isDirectory()) return (await kindOfFile(path)) ?? unknown(path);
  const found = await lookInside(path);
  if (found.loose) return "folder";
  if (found.parquet) return "parquet";
  if (found.tar !== null) return kindOfTar(join(path, found.tar));
  return unknown(path);
}

async function kindOfFile(path: string): Promise<SourceKind | null> {
  if (/\.parquet$/i.test(path)) return "parquet";
  const compression = compressionOf(path);
  if (compression !== null) throw compressedTar(quoteName(path), compression);
  return isTarName(path) ? kindOfTar(path) : null;
}

async function lookInside(path: string): Promise<{ loose: boolean; parquet: boolean; tar: string | null }> {
  let seen = 0;
  let parquet = false;
  let tar: string | null = null;
  for await (const files of walkFolder(path)) {
    for (const file of files) {
      if (/\.parquet$/i.test(file)) parquet = true;
      else if (isTarName(file)) tar ??= file;
      else if (!isSidecar(file) && compressionOf(file) === null) return { loose: true, parquet, tar };
      if (++seen >= FILES_LOOKED_AT) return { loose: false, parquet, tar };
    }
  }
  return { loose: false, parquet, tar };
}

function kindOfTar(path: string): SourceKind {
  const fd = openSync(path, "r");
  try {
    let looked = 0;
    for (const member of walkTar({ fd, label: quoteName(path), start: 0, end: fstatSync(fd).size })) {
      if (isHidden(member.path)) continue;
      if (isTarName(member.path)) return "imagenet-tar";
      if (isSidecar(member.path) || member.path.endsWith(".cls")) return "webdataset";
      if (++looked >= MEMBERS_LOOKED_AT) break;
    }
    return "imagenet-tar";
  } finally {
    closeSync(fd);
  }
}

function unknown(path: string): never {
  throw new UserError(
    `${quoteName(path)} is neither a folder of pictures, nor tars, nor Parquet; name one of those, or its kind with --source`,
  );
}
