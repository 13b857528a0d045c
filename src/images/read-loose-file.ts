import { closeSync, constants, fstatSync, open, read } from "node:fs";
import { MAX_PICTURE_BYTES, pathInside } from "./read-file.js";

/**
 * Reads a file of a folder source: half the work of a file handle, which counts at hundreds of pictures a second.
 * `admit` is told the size before memory is taken, and may throw. Null where anything is odd (missing, not a regular
 * file, shorter than it says, larger than any picture); `readFilePart` then has the words for it.
 */
export async function readLooseFile(
  root: string,
  path: string,
  admit: (bytes: number) => void = () => {},
): Promise<Buffer | null> {
  const file = await openFile(pathInside(root, path));
  if (file === null) return null;
  try {
    // Not asked aside: the facts of an open file are at hand, also on a network disk.
    const facts = fstatSync(file);
    if (!facts.isFile() || facts.size > MAX_PICTURE_BYTES) return null;
    admit(facts.size);
    const bytes = Buffer.allocUnsafeSlow(facts.size);
    return (await readInto(file, bytes)) === facts.size ? bytes : null;
  } finally {
    // Nothing was written, so there is nothing to wait for; handed to a thread, waking it would cost 50 µs.
    closeSync(file);
  }
}

function openFile(path: string): Promise<number | null> {
  // A pipe in the file's place would otherwise block the opening for ever.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  return new Promise((resolve) => open(path, flags, (error, file) => resolve(error === null ? file : null)));
}

function readInto(file: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve) =>
    read(file, bytes, 0, bytes.length, 0, (error, count) => resolve(error === null ? count : 0)),
  );
}
