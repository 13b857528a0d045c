import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Pack } from "tar-stream";
import type { SplitWriter } from "./per-split.js";

/** Bytes of members before a shard is full; a larger sample stands alone in its shard. */
const BYTES_PER_SHARD = 500_000_000;

export interface TarMember {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface TarShards extends SplitWriter {
  /** Adds the members of one sample, side by side in one shard. */
  add(members: readonly TarMember[]): Promise<void>;
}

interface OpenTar {
  readonly pack: Pack;
  readonly handle: FileHandle;
}

/** Writes samples to `<folder>/<split>-000000.tar` and so on. No owner and no time is written, so the bytes stay equal. */
export async function openTarShards(folder: string, split: string, shardBytes = BYTES_PER_SHARD): Promise<TarShards> {
  const tarStream = await import("tar-stream");
  let shards = 0;
  let bytes = 0;
  const openNext = async (): Promise<OpenTar> => {
    const handle = await open(join(folder, `${split}-${String(shards).padStart(6, "0")}.tar`), "wx");
    shards += 1;
    bytes = 0;
    return { pack: tarStream.pack(), handle };
  };
  let tar = await openNext();
  const close = async () => {
    tar.pack.finalize();
    await drain(tar);
    await tar.handle.close();
  };
  return {
    async add(members) {
      const size = members.reduce((sum, member) => sum + member.bytes.length, 0);
      if (bytes > 0 && bytes + size > shardBytes) {
        await close();
        tar = await openNext();
      }
      for (const member of members)
        tar.pack.entry({ name: member.name, mode: 0o644, mtime: new Date(0) }, member.bytes);
      bytes += size;
      await drain(tar);
    },
    finish: close,
    abandon: () => tar.handle.close().catch(() => undefined),
  };
}

/** Writes what the archive holds ready, so that no more than one sample is in memory. */
async function drain({ pack, handle }: OpenTar): Promise<void> {
  for (let chunk: unknown = pack.read(); chunk !== null; chunk = pack.read()) await handle.appendFile(chunk as Buffer);
}
