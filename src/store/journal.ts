import { close, fdatasync, open, write } from "node:fs";
import { dirname } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { syncFolder } from "./atomic-file.js";
import { diskError } from "./disk-error.js";

/** One file that one process appends to. The first fault ends it for good: everything waiting and later is rejected. */
export interface Journal {
  readonly path: string;
  /** Bytes from the beginning that are on disk for good. */
  readonly syncedBytes: number;
  /** Bytes given to it, written or not. */
  readonly bytes: number;
  /** Resolves once the bytes are written, or (`synced`) once they are on disk for good. */
  append(bytes: Buffer, synced: boolean): Promise<void>;
  /** Writes and syncs what is left. */
  close(): Promise<void>;
}

// Not a file handle: at a thousand lines a second it costs more than the writing.
const [create, append, toDisk, shut] = [promisify(open), promisify(write), promisify(fdatasync), promisify(close)];

interface Waiter {
  readonly bytes: Buffer;
  readonly synced: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Creates a journal. Whatever arrives in one turn or during a write goes out as one write, whatever arrives during a sync is covered
 * by one next sync, and neither waits for the other: a request need not wait for the disk to let it leave.
 */
export async function createJournal(path: string): Promise<Journal> {
  const file = await openNew(path);
  let waiting: Waiter[] = [];
  let written: Waiter[] = [];
  let writtenBytes = 0;
  let syncedBytes = 0;
  let bytes = 0;
  let failure: { readonly error: unknown } | null = null;
  let writing = false;
  let syncing = false;
  let lastWrites = Promise.resolve();
  let lastSyncs = Promise.resolve();

  function fail(cause: unknown): void {
    failure ??= { error: diskError(cause, path, "write") };
    for (const { reject } of [...written.splice(0), ...waiting.splice(0)]) reject(failure.error);
  }

  // Both loops lower their flag in the same turn in which they see nothing left, so no append can fall between.
  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        await writeWhole(file, joined(group));
      } catch (error) {
        waiting = [...group, ...waiting];
        fail(error);
        break;
      }
      writtenBytes += group.reduce((sum, waiter) => sum + waiter.bytes.length, 0);
      for (const waiter of group) {
        if (waiter.synced) written.push(waiter);
        else waiter.resolve();
      }
      if (written.length > 0 && !syncing) lastSyncs = syncAll();
    }
    writing = false;
  }

  async function syncAll(): Promise<void> {
    syncing = true;
    while (written.length > 0) {
      const group = written;
      const reach = writtenBytes;
      written = [];
      try {
        await toDisk(file);
      } catch (error) {
        written = [...group, ...written];
        fail(error);
        break;
      }
      syncedBytes = reach;
      for (const { resolve } of group) resolve();
    }
    syncing = false;
  }

  return {
    path,
    get syncedBytes() {
      return syncedBytes;
    },
    get bytes() {
      return bytes;
    },
    append(line, synced) {
      if (failure !== null) return Promise.reject(failure.error);
      bytes += line.length;
      return new Promise((resolve, reject) => {
        waiting.push({ bytes: line, synced, resolve, reject });
        if (writing) return;
        writing = true;
        // What else comes in this turn goes out with it: handing a write to another thread costs more than the write.
        lastWrites = nextTurn().then(writeAll);
      });
    },
    async close() {
      try {
        while (writing || syncing) await Promise.all([lastWrites, lastSyncs]);
        if (failure === null && syncedBytes < writtenBytes) {
          await toDisk(file);
          syncedBytes = writtenBytes;
        }
      } catch (error) {
        fail(error);
      } finally {
        await shut(file).catch(() => undefined);
      }
      if (failure !== null) throw failure.error;
    },
  };
}

/** A journal begins as a new file: an old one of that name is somebody else's. */
async function openNew(path: string): Promise<number> {
  try {
    const file = await create(path, "ax");
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    throw diskError(error, path, "write");
  }
}

/** A short write is a fault only once the rest cannot be written either. */
async function writeWhole(file: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await append(file, bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}

function joined(group: readonly Waiter[]): Buffer {
  const [only] = group;
  return only !== undefined && group.length === 1 ? only.bytes : Buffer.concat(group.map(({ bytes }) => bytes));
}
