import { type FileHandle, open } from "node:fs/promises";
import { UserError } from "../records/index.js";

const BLOCK_BYTES = 1 << 18;
/** A line beyond this cannot become a text of JavaScript. */
const LONGEST_LINE = 1 << 28;
const LINE_FEED = 0x0a;

/** Whole lines of a file. */
export interface LineBlock {
  /** Memory of its own, so that it can be handed to a thread. */
  readonly bytes: Buffer;
  /** Where the block ends in the file. */
  readonly end: number;
}

/** Opens a file to read. Throws a `UserError` that names it. */
export async function openInput(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, "r");
    if (!(await file.stat()).isDirectory()) return file;
    await file.close();
  } catch (error) {
    throw new UserError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? error})`);
  }
  throw new UserError(`${path} is a folder; give a file with one JSON object a line`);
}

/** Reads a file from a byte on, in blocks that end with a line; the last line may lack its line feed. A byte order mark is left out. */
export async function* readBlocks(
  path: string,
  from = 0,
  to = Number.POSITIVE_INFINITY,
  blockBytes = BLOCK_BYTES,
): AsyncGenerator<LineBlock> {
  const file = await openInput(path);
  try {
    let rest: Buffer[] = [];
    let held = 0;
    let end = from;
    // A pipe can only be read on, and only from its beginning.
    let position = (await file.stat()).isFile() ? from : null;
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(Math.min(blockBytes, to - (end + held)));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) break;
      if (position !== null) position += bytesRead;
      const read = chunk.subarray(0, bytesRead);
      const behind = read.lastIndexOf(LINE_FEED) + 1;
      // Copied before the block is handed out, for whoever takes it may take its memory away.
      const tail = Buffer.from(read.subarray(behind));
      if (behind > 0) {
        const lines = read.subarray(0, behind);
        const bytes = rest.length === 0 ? lines : Buffer.concat([...rest, lines]);
        end += bytes.length;
        yield { bytes: withoutMark(ownMemory(bytes), end === bytes.length), end };
        rest = [];
        held = 0;
      }
      if (tail.length > 0) rest.push(tail);
      held += tail.length;
      if (held > LONGEST_LINE) {
        throw new UserError(
          `${path} has a line of more than ${LONGEST_LINE / 2 ** 20} MB at byte ${end}; is it JSON Lines?`,
        );
      }
    }
    if (held > 0) yield { bytes: withoutMark(ownMemory(Buffer.concat(rest)), end === 0), end: end + held };
  } finally {
    await file.close();
  }
}

/** The same bytes in an `ArrayBuffer` of their own: one from the pool cannot be handed over. */
function ownMemory(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength >= BLOCK_BYTES) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

function withoutMark(bytes: Buffer, isFirst: boolean): Buffer {
  return isFirst && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
