import { crc32 } from "node:zlib";

/** `,"crc":"xxxxxxxx"}` */
const TAIL_LENGTH = 18;

/**
 * One journal line with its newline: the record's JSON with a last field `crc`, the CRC-32 (hex) of the bytes before
 * `,"crc"`. A lone surrogate is written as an escape, so any text survives.
 */
export function encodeLine(record: object): Buffer {
  const json = JSON.stringify(record);
  // Room for the checksum from the start: a line of some kilobytes is not copied twice.
  const end = Buffer.byteLength(json) - 1;
  const line = Buffer.allocUnsafe(end + TAIL_LENGTH + 1);
  line.write(json);
  line.write(`,"crc":"${crcOf(line.subarray(0, end))}"}\n`, end, "latin1");
  return line;
}

/** The record's JSON of a line (without newline) whose CRC holds, else null. */
export function checkLine(line: Buffer): Buffer | null {
  if (line.length < TAIL_LENGTH || line[0] !== 0x7b) return null;
  const body = line.subarray(0, line.length - TAIL_LENGTH);
  const tail = line.toString("latin1", line.length - TAIL_LENGTH);
  return tail === `,"crc":"${crcOf(body)}"}` ? body : null;
}

/** What `checkLine` gave, read. */
export function decodeLine<T>(body: Buffer): T {
  return JSON.parse(`${body.toString("utf8")}}`);
}

function crcOf(body: Buffer): string {
  return crc32(body).toString(16).padStart(8, "0");
}
