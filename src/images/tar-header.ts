/** Bytes of a header, and the unit every member is padded to. */
export const TAR_BLOCK = 512;

/** What one header block says, before long names and sizes of the blocks before it are applied. */
export interface TarHeader {
  readonly name: string;
  /** The type flag as a character, NUL read as `0`. */
  readonly type: string;
  /** Bytes of data behind it; NaN where the field is not a number. */
  readonly size: number;
  /** Old GNU sparse members: another block of this header follows. */
  readonly continues: boolean;
}

/** Reads a header block (old tar, ustar, GNU; POSIX.1-1988 and the GNU tar manual). Null where its checksum is wrong. */
export function readTarHeader(block: Buffer): TarHeader | null {
  if (readNumber(block, 148, 8) !== checksumOf(block)) return null;
  const flag = block[156] ?? 0;
  const type = flag === 0 ? "0" : String.fromCharCode(flag);
  const name = readText(block, 0, 100);
  // GNU's own magic, `ustar` and two blanks, keeps times where POSIX has the prefix.
  const isPosix = block.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isPosix ? readText(block, 345, 155) : "";
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    type,
    // A hard link names its target's size but brings no data.
    size: type === "1" ? 0 : readNumber(block, 124, 12),
    continues: type === "S" && block[482] === 1,
  };
}

/** The `key=value` records of a pax header (POSIX.1-2001). Stops at the first record that is not well formed. */
export function readPaxRecords(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank < 0 || blank - at > 10 ? Number.NaN : Number(bytes.toString("latin1", at, blank));
    if (!Number.isInteger(length) || length <= blank - at + 1 || at + length > bytes.length) break;
    const equals = bytes.indexOf(0x3d, blank);
    if (equals > 0 && equals < at + length) {
      records.set(bytes.toString("utf8", blank + 1, equals), bytes.toString("utf8", equals + 1, at + length - 1));
    }
    at += length;
  }
  return records;
}

/** Octal digits, or base 256 where the first bit is set (GNU, for sizes of 8 GiB and more). */
function readNumber(block: Buffer, start: number, length: number): number {
  const first = block[start] ?? 0;
  if (first === 0x80) {
    let value = 0;
    for (let i = start + 1; i < start + length; i++) value = value * 256 + (block[i] ?? 0);
    return value;
  }
  const digits = readText(block, start, length).trim();
  if (digits === "") return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function readText(block: Buffer, start: number, length: number): string {
  return textBeforeNul(block.subarray(start, start + length));
}

/** Text as UTF-8, up to the first NUL where there is one. */
export function textBeforeNul(bytes: Buffer): string {
  const nul = bytes.indexOf(0);
  return bytes.toString("utf8", 0, nul < 0 ? bytes.length : nul);
}

/** The sum of all bytes, its own eight counted as blanks. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < TAR_BLOCK; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  return sum;
}
