import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Cell, Column, MessageCell, PixelCell, Row } from "./columns.js";
import { openParquetFile, type ParquetFile } from "./parquet-file.js";
import type { SplitWriter } from "./per-split.js";

export interface ShardLimits {
  readonly rowsPerGroup: number;
  /** Bytes before compression; a longer row stands alone in its group. */
  readonly bytesPerGroup: number;
  /** Bytes before compression; a larger group stands alone in its file. */
  readonly bytesPerShard: number;
}

const MB = 1_000_000;
/** A reader of rows with pictures must not have to load more than a few of them. */
export const PIXEL_LIMITS: ShardLimits = { rowsPerGroup: 100, bytesPerGroup: 64 * MB, bytesPerShard: 500 * MB };
export const TEXT_LIMITS: ShardLimits = { rowsPerGroup: 2_048, bytesPerGroup: 64 * MB, bytesPerShard: 500 * MB };

export interface Shards extends SplitWriter {
  add(row: Row): Promise<void>;
}

/**
 * Writes rows to `<folder>/<split>-00000-of-00001.parquet` and so on, in the order they come. The names need the
 * total, so files are written as `<split>-00000.part` and renamed at the end. No rows give one file without a row
 * group, which loads as an empty table.
 */
export async function openShards(
  folder: string,
  columns: readonly Column[],
  limits: ShardLimits,
  split = "train",
): Promise<Shards> {
  await mkdir(folder, { recursive: true });
  const partPath = (index: number) => join(folder, `${split}-${fiveDigits(index)}.part`);
  let file: ParquetFile = await openParquetFile(partPath(0), columns);
  let shards = 1;
  let shardBytes = 0;
  let group: Row[] = [];
  let groupBytes = 0;

  async function writeGroup(): Promise<void> {
    if (shardBytes > 0 && shardBytes + groupBytes > limits.bytesPerShard) {
      await file.finish();
      file = await openParquetFile(partPath(shards), columns);
      shards += 1;
      shardBytes = 0;
    }
    await file.writeGroup(group);
    shardBytes += groupBytes;
    group = [];
    groupBytes = 0;
  }

  return {
    async add(row) {
      const bytes = rowBytes(row);
      if (group.length > 0 && groupBytes + bytes > limits.bytesPerGroup) await writeGroup();
      group.push(row);
      groupBytes += bytes;
      if (group.length >= limits.rowsPerGroup) await writeGroup();
    },
    async finish() {
      if (group.length > 0) await writeGroup();
      await file.finish();
      for (let index = 0; index < shards; index++) {
        const name = `${split}-${fiveDigits(index)}-of-${fiveDigits(shards)}.parquet`;
        await rename(partPath(index), join(folder, name));
      }
    },
    abandon: () => file.abandon(),
  };
}

function rowBytes(row: Row): number {
  let bytes = 0;
  for (const name in row) bytes += cellBytes(row[name] ?? null);
  return bytes;
}

function cellBytes(cell: Cell): number {
  if (cell === null) return 0;
  if (typeof cell === "string") return Buffer.byteLength(cell) + 4;
  if (typeof cell !== "object") return 8;
  if ("bytes" in cell) return cell.bytes.length + cell.path.length + 8;
  return cell.reduce((sum, item) => sum + itemBytes(item), 8);
}

function itemBytes(item: string | PixelCell | MessageCell): number {
  if (typeof item === "string" || "bytes" in item) return cellBytes(item);
  const thought = item.reasoning_content ?? null;
  return item.content.reduce((sum, { text }) => sum + cellBytes(text) + 16, cellBytes(thought) + 16);
}

function fiveDigits(value: number): string {
  return String(value).padStart(5, "0");
}
