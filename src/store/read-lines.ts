import { type FileHandle, open } from "node:fs/promises";
import { checkLine } from "./checked-line.js";
import { diskError, isMissing } from "./disk-error.js";

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** A line whose CRC holds. */
export interface Line {
  /** For `decodeLine`. */
  readonly body: Buffer;
  /** Where it begins in its file, and the first byte after its newline. */
  readonly start: number;
  readonly end: number;
}

/** Bytes that are no record: `torn` at the end of a file whose writer was cut off, `corrupt` anywhere else. */
export interface Damage {
  readonly kind: "torn" | "corrupt";
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

export type OnDamage = (damage: Damage) => void | Promise<void>;

/**
 * The good lines of a journal, a chunk of the file at a time. Damage is reported and passed over; the rest is still
 * read. Starts at byte `from`, which must be the beginning of a line. Only what the file held at opening is read, so a
 * journal that grows meanwhile ends somewhere. Throws `ENOENT` as the system does; other faults as a `UserError`.
 */
export async function* readLines(
  path: string,
  options: { readonly from?: number; readonly onDamage: OnDamage },
): AsyncGenerator<readonly Line[]> {
  const file = await openForReading(path);
  try {
    let position = options.from ?? 0;
    const { size } = await file.stat();
    let pieces: Buffer[] = [];
    let lineStart = position;
    while (position < size) {
      const chunk = await readChunk(file, path, position, Math.min(CHUNK_BYTES, size - position));
      if (chunk.length === 0) break;
      position += chunk.length;
      const lines: Line[] = [];
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
        const last = chunk.subarray(from, at);
        const bytes = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
        pieces = [];
        const end = lineStart + bytes.length + 1;
        const body = checkLine(bytes);
        if (body !== null) lines.push({ body, start: lineStart, end });
        else await options.onDamage({ kind: "corrupt", path, offset: lineStart, bytes: bytes.length });
        lineStart = end;
        from = at + 1;
      }
      if (from < chunk.length) pieces.push(chunk.subarray(from));
      if (lines.length > 0) yield lines;
    }
    const rest = Buffer.concat(pieces);
    const body = checkLine(rest);
    // Everything but the newline arrived: the record is whole.
    if (body !== null) yield [{ body, start: lineStart, end: lineStart + rest.length }];
    else if (rest.length > 0) await options.onDamage({ kind: "torn", path, offset: lineStart, bytes: rest.length });
  } finally {
    await file.close();
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw isMissing(error) ? error : diskError(error, path, "read");
  }
}

async function readChunk(file: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  try {
    const { bytesRead } = await file.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw diskError(error, path, "read");
  }
}
