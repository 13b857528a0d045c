import { readSync } from "node:fs";
import { type ListingNotes, UserError } from "../records/index.js";
import { quoteName, relativePath } from "./listing-rules.js";
import { fileError, MAX_PICTURE_BYTES } from "./read-file.js";
import { readPaxRecords, readTarHeader, TAR_BLOCK, type TarHeader, textBeforeNul } from "./tar-header.js";

/** An archive as a range of bytes in an open file, so that a tar inside a tar is read in place too. */
export interface TarArchive {
  readonly fd: number;
  /** For sentences: the file, and the member of it where this is one. */
  readonly label: string;
  readonly start: number;
  /** Just behind its last byte. */
  readonly end: number;
}

/** A regular file in an archive. */
export interface TarMember {
  /** Relative, with `/`, without `.` and `..`. */
  readonly path: string;
  /** Bytes from the start of the file that holds the archive. */
  readonly offset: number;
  readonly length: number;
}

/** Longest name or pax header that is taken for one. */
const MAX_NAME_BYTES = 1024 * 1024;
const NO_RECORDS: ReadonlyMap<string, string> = new Map();
/** Headers of small members are often in what was read for the one before; the system reads a page anyway. */
const WINDOW_BYTES = 4 * 1024;

/** A member as its headers describe it, before anyone has asked whether it is a picture's place. */
interface TarEntry extends TarHeader {
  readonly pax: ReadonlyMap<string, string>;
  readonly offset: number;
}

/**
 * Yields the regular files of a tar by reading its headers only. Members that are no plain file with a relative name
 * inside the archive (links, devices, sparse files, `../x`, absolute names) and a member that the end of the archive
 * cuts off are passed over with a sentence. A name that stands twice is yielded twice. Throws a `UserError` that names
 * archive and byte where a header cannot be believed, since nothing behind it can be found.
 */
export function* walkTar(archive: TarArchive, notes?: ListingNotes): Generator<TarMember> {
  for (const entry of walkEntries(archive, notes)) {
    if (isFolder(entry)) continue;
    const path = relativePath(entry.name);
    const fault =
      faultOf(entry) ??
      (path === null ? "has a name that leads out of the archive or cannot be one" : null) ??
      (entry.size > MAX_PICTURE_BYTES && !isTarName(entry.name) ? "is larger than any picture" : null);
    if (path !== null && fault === null) yield { path, offset: entry.offset, length: entry.size };
    else notes?.problem(`${quoteName(entry.name)} in ${archive.label} ${fault}; passed over`);
  }
}

function* walkEntries(archive: TarArchive, notes?: ListingNotes): Generator<TarEntry> {
  const { label, start, end } = archive;
  const readAt = windowedReader(archive);
  const isEnd = (position: number) => position + TAR_BLOCK > end || isZero(readAt(position, TAR_BLOCK));
  let pax = NO_RECORDS;
  let longName: string | null = null;
  for (let position = start; ; ) {
    if (position + TAR_BLOCK > end) {
      if (position === start) throw notATar(label, readAt(start, Math.min(2, end - start)));
      notes?.problem(`${label} has no end mark; it may have been cut off`);
      return;
    }
    const block = readAt(position, TAR_BLOCK);
    if (isZero(block)) {
      if (isEnd(position + TAR_BLOCK)) return;
      position += TAR_BLOCK;
      continue;
    }
    const header = readTarHeader(block);
    if (header === null) throw position === start ? notATar(label, block) : brokenAt(label, position, "checksum");
    const name = longName ?? pax.get("path") ?? header.name;
    const size = isExtension(header) ? header.size : Number(pax.get("size") ?? header.size);
    if (!(size >= 0)) throw brokenAt(label, position, "size");
    let offset = position + TAR_BLOCK;
    for (let more = header.continues; more && offset + TAR_BLOCK <= end; offset += TAR_BLOCK) {
      more = readAt(offset, TAR_BLOCK)[504] === 1;
    }
    if (offset + size > end) {
      notes?.problem(`${quoteName(name)} in ${label} claims ${size} bytes and the archive ends before; passed over`);
      return;
    }
    position = offset + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
    if (isExtension(header)) {
      if (size > MAX_NAME_BYTES) throw brokenAt(label, position, "name");
      const data = readAt(offset, size);
      if (header.type === "x") pax = readPaxRecords(data);
      if (header.type === "L") longName = textBeforeNul(data);
      continue;
    }
    yield { ...header, name, size, pax, offset };
    pax = NO_RECORDS;
    longName = null;
  }
}

export function isTarName(path: string): boolean {
  return /\.tar$/i.test(path);
}

/** Headers that only say something about the next member (`x`, `L`, `K`) or about all of them (`g`). */
function isExtension(header: TarHeader): boolean {
  return header.type === "x" || header.type === "L" || header.type === "K" || header.type === "g";
}

function isFolder({ type, name }: TarEntry): boolean {
  return type === "5" || (type === "0" && name.endsWith("/"));
}

/** Why an entry is no plain file, null where it is one. */
function faultOf({ type, pax }: TarEntry): string | null {
  const isSparse = type === "S" || (pax.size > 0 && [...pax.keys()].some((key) => key.startsWith("GNU.sparse.")));
  if (isSparse) return "is a sparse file";
  if (type === "1" || type === "2") return "is a link";
  return type === "0" || type === "7" ? null : `is of type ${quoteName(type)}, not a file`;
}

function isZero(block: Buffer): boolean {
  return block[0] === 0 && block.every((byte) => byte === 0);
}

/** Reads pieces of an archive through one small window. A piece is good until the next is read. */
function windowedReader({ fd, label, end }: TarArchive): (position: number, length: number) => Buffer {
  const window = Buffer.alloc(WINDOW_BYTES);
  let windowStart = 0;
  let windowEnd = 0;
  return (position, length) => {
    if (position >= windowStart && position + length <= windowEnd) {
      return window.subarray(position - windowStart, position - windowStart + length);
    }
    const target = length > WINDOW_BYTES ? Buffer.alloc(length) : window;
    const wanted = Math.min(target.length, end - position);
    let filled = 0;
    while (filled < length) {
      const read = readInto(fd, label, target.subarray(filled, wanted), position + filled);
      if (read === 0)
        throw new UserError(`${label} ends before byte ${position + length}; it changed while it was read`);
      filled += read;
    }
    windowStart = position;
    windowEnd = target === window ? position + filled : position;
    return target.subarray(0, length);
  };
}

function readInto(fd: number, label: string, bytes: Buffer, position: number): number {
  try {
    return readSync(fd, bytes, 0, bytes.length, position);
  } catch (error) {
    throw fileError(label, error);
  }
}

const COMPRESSED: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5]],
  ["xz", [0xfd, 0x37]],
  ["bzip2", [0x42, 0x5a]],
];

function notATar(label: string, first: Buffer): UserError {
  const compressed = COMPRESSED.find(([, magic]) => magic.every((byte, i) => first[i] === byte))?.[0];
  if (compressed !== undefined) return compressedTar(label, compressed);
  return new UserError(`${label} is not a tar archive; check that it was copied whole, or take it out of the folder`);
}

export function compressedTar(label: string, how: string): UserError {
  return new UserError(
    `${label} is compressed (${how}), so pictures in it cannot be read in place; unpack it to a plain .tar first`,
  );
}

function brokenAt(label: string, position: number, what: string): UserError {
  return new UserError(
    `${label} cannot be read past byte ${position}: the ${what} of the next member is wrong; copy the archive again`,
  );
}
