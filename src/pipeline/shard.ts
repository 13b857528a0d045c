import { openSeededOrder } from "../images/index.js";
import { type Store, UsageError } from "../records/index.js";

/** One of `count` parts of a run's images; `index` counts from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** The run in one piece. */
export const WHOLE: Shard = { index: 0, count: 1 };

/** More are of no use to anyone: each costs files, and a process that has nothing to do. */
const MOST_SHARDS = 10_000;

/**
 * Reads `--shard`: `I/N` from 0, or `slurm`, which takes the place of this task in its array from the scheduler's
 * variables (`SLURM_ARRAY_TASK_ID` less `SLURM_ARRAY_TASK_MIN`, of `SLURM_ARRAY_TASK_COUNT`). Throws a `UsageError`.
 */
export function readShard(text: string, env: Readonly<Record<string, string | undefined>>): Shard {
  if (text === "slurm") return readSlurmArray(env);
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  if (match === null) {
    throw new UsageError(`--shard is ${JSON.stringify(text)}; it must be I/N with I from 0, such as 0/64, or slurm`);
  }
  return check(Number(match[1]), Number(match[2]), `--shard ${text}`);
}

function readSlurmArray(env: Readonly<Record<string, string | undefined>>): Shard {
  const read = (name: string): number => {
    const text = env[name];
    if (text === undefined || !/^\d{1,9}$/.test(text)) {
      const seen = text === undefined ? "is not set" : `is ${JSON.stringify(text)}`;
      throw new UsageError(
        `--shard slurm: ${name} ${seen}; it belongs into a task of a Slurm array (sbatch --array=0-63), elsewhere say --shard I/N`,
      );
    }
    return Number(text);
  };
  const id = read("SLURM_ARRAY_TASK_ID");
  const first = read("SLURM_ARRAY_TASK_MIN");
  const count = read("SLURM_ARRAY_TASK_COUNT");
  // In an array with gaps or steps some index lies beyond the count, and that task refuses here.
  return check(id - first, count, `--shard slurm (task ${id} of ${count} from ${first})`);
}

function check(index: number, count: number, what: string): Shard {
  if (count < 1 || count > MOST_SHARDS) throw new UsageError(`${what}: N must be from 1 to ${MOST_SHARDS}`);
  if (index < 0 || index >= count) {
    throw new UsageError(`${what}: I must be from 0 to ${count - 1}; shards are counted from 0`);
  }
  return { index, count };
}

/**
 * Which images are the shard's: those whose id has XXH64 (seed 0, over the id's ASCII bytes) mod `count` equal to
 * `index`. So an image stays in its shard when the sample grows, and anyone can compute the same.
 */
export async function openShard(shard: Shard): Promise<(imageId: string) => boolean> {
  if (shard.count === 1) return () => true;
  const { hash } = await openSeededOrder(0);
  const count = BigInt(shard.count);
  const index = BigInt(shard.index);
  return (imageId) => hash(imageId) % count === index;
}

/** Writers that can have asked only about images of other shards, whatever became of them. */
export async function writersElsewhere(store: Pick<Store, "writers">, shard: Shard): Promise<ReadonlySet<string>> {
  const writers = shard.count === 1 ? [] : await store.writers();
  const elsewhere = writers.filter((each) => each.shard.count === shard.count && each.shard.index !== shard.index);
  return new Set(elsewhere.map(({ writer }) => writer));
}
