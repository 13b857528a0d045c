import { type FileHandle, open, stat } from "node:fs/promises";
import { UserError } from "../records/index.js";

/** Where lines of scores go. */
export interface ScoreOutput {
  write(lines: Uint8Array): Promise<void>;
  /** Resolves once what was written is on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Lines that someone else takes, e.g. standard output. */
export function outputTo(write: (lines: Uint8Array) => Promise<void>): ScoreOutput {
  return { write, sync: async () => {}, close: async () => {} };
}

/** Whether lines written here can be read again, which going on later needs; a pipe or device cannot. */
export async function isKept(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found === null || found.isFile();
}

/** A file of lines; what lies behind the first `bytes` is cut off. */
export async function openOutput(path: string, bytes: number): Promise<ScoreOutput> {
  const file = await open(path, bytes === 0 ? "w" : "r+").catch((error) => {
    throw outputError(path, error);
  });
  const isFile = (await file.stat()).isFile();
  if (isFile) await file.truncate(bytes);
  let position = bytes;
  return {
    async write(lines) {
      await writeAll(file, lines, isFile ? position : null).catch((error) => {
        throw outputError(path, error);
      });
      position += lines.length;
    },
    sync: async () => {
      if (isFile) await file.datasync();
    },
    close: () => file.close(),
  };
}

async function writeAll(file: FileHandle, lines: Uint8Array, from: number | null): Promise<void> {
  for (let done = 0; done < lines.length; ) {
    const { bytesWritten } = await file.write(lines, done, lines.length - done, from === null ? null : from + done);
    done += bytesWritten;
  }
}

/** What a person reads where a file cannot be written. */
export function outputError(path: string, error: NodeJS.ErrnoException): UserError {
  const why = error.code === "ENOSPC" ? "the disk is full" : (error.code ?? error.message);
  return new UserError(`${path} cannot be written (${why}); the same line goes on where it stopped`);
}
