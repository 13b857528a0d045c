import { createReadStream } from "node:fs";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Positions that share a bucket; one bucket is in memory at a time when the rows come out. */
const BUCKET = 4096;
/** Characters kept in memory before the buckets go to disk. */
const MEMORY_CHARACTERS = 16 * 2 ** 20;

export interface Placed<T> {
  readonly position: number;
  readonly value: T;
}

/**
 * Gives placed values back in the order of their positions, each position at most once. Memory stays flat: what does
 * not fit waits in a temporary folder, cut into buckets of neighbouring positions. `T` must survive JSON.
 */
export async function* inSampleOrder<T>(
  values: AsyncIterable<Placed<T>>,
  memoryCharacters = MEMORY_CHARACTERS,
): AsyncGenerator<Placed<T>> {
  const buckets = new Map<number, string[]>();
  const onDisk = new Set<number>();
  let held = 0;
  let folder: string | null = null;

  const spill = async () => {
    folder ??= await mkdtemp(join(tmpdir(), "imagenet-think-order-"));
    for (const [bucket, lines] of buckets) {
      await appendFile(bucketFile(folder, bucket), lines.join(""));
      onDisk.add(bucket);
    }
    for (const bucket of buckets.keys()) buckets.set(bucket, []);
    held = 0;
  };

  try {
    for await (const placed of values) {
      const line = `${JSON.stringify(placed)}\n`;
      const bucket = Math.floor(placed.position / BUCKET);
      const lines = buckets.get(bucket);
      if (lines === undefined) buckets.set(bucket, [line]);
      else lines.push(line);
      held += line.length;
      if (held > memoryCharacters) await spill();
    }
    for (const bucket of [...buckets.keys()].sort((a, b) => a - b)) {
      const rows: Placed<T>[] = (buckets.get(bucket) ?? []).map((line) => JSON.parse(line) as Placed<T>);
      buckets.delete(bucket);
      if (folder !== null && onDisk.has(bucket)) rows.unshift(...(await readBucket<T>(bucketFile(folder, bucket))));
      yield* rows.sort((a, b) => a.position - b.position);
    }
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}

function bucketFile(folder: string, bucket: number): string {
  return join(folder, `${bucket}.jsonl`);
}

async function readBucket<T>(file: string): Promise<Placed<T>[]> {
  const rows: Placed<T>[] = [];
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    rows.push(JSON.parse(line) as Placed<T>);
  }
  return rows;
}
