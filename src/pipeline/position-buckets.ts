import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Positions that share a bucket; one bucket is in memory at a time when the lines come out. */
const BUCKET = 1024;

/** Lines by position, cut into files of neighbouring positions in a temporary folder. */
export interface PositionBuckets {
  add(lines: ReadonlyMap<number, string>): Promise<void>;
  /** All lines in the order of their positions. Call once, after the last `add`. */
  read(): AsyncGenerator<readonly [position: number, line: string]>;
  close(): Promise<void>;
}

export async function openPositionBuckets(): Promise<PositionBuckets> {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-order-"));
  const filled = new Set<number>();
  const fileOf = (bucket: number) => join(folder, `${bucket}.lines`);
  return {
    async add(lines) {
      const texts = new Map<number, string>();
      for (const [position, line] of lines) {
        const bucket = Math.floor(position / BUCKET);
        texts.set(bucket, `${texts.get(bucket) ?? ""}${position} ${line}\n`);
      }
      for (const [bucket, text] of texts) {
        await appendFile(fileOf(bucket), text);
        filled.add(bucket);
      }
    },
    async *read() {
      for (const bucket of [...filled].sort((a, b) => a - b)) {
        const lines = await readBucket(fileOf(bucket));
        yield* lines.sort(([a], [b]) => a - b);
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function readBucket(file: string): Promise<[number, string][]> {
  // Whole, because all of a bucket is held anyway.
  const lines = (await readFile(file, "utf8")).split("\n").slice(0, -1);
  return lines.map((line) => {
    const space = line.indexOf(" ");
    return [Number(line.slice(0, space)), line.slice(space + 1)];
  });
}
