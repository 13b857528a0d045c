import { openPositionBuckets, type PositionBuckets } from "./position-buckets.js";

/** Characters that wait for their turn in memory before they go to disk. */
const MEMORY_CHARACTERS = 16 * 2 ** 20;

export interface Placed<T> {
  readonly position: number;
  readonly value: T;
}

/**
 * Gives placed values back in the order of their positions, each position at most once. `awaited` is 1 at every
 * position that comes: what one writer wrote lies nearly in order, so most of it goes out again as soon as it comes.
 * Memory stays flat: from the moment on where more waits than fits, all the rest is put in order on disk. `T` must
 * survive JSON.
 */
export async function* inSampleOrder<T>(
  values: AsyncIterable<Placed<T>>,
  awaited: Uint8Array,
  memoryCharacters = MEMORY_CHARACTERS,
): AsyncGenerator<Placed<T>> {
  const early = new Map<number, string>();
  let characters = 0;
  let next = awaited.indexOf(1);
  let disk: PositionBuckets | null = null;
  try {
    for await (const placed of values) {
      if (placed.position === next && disk === null) {
        yield placed;
        next = awaited.indexOf(1, next + 1);
        for (let line = early.get(next); line !== undefined; line = early.get(next)) {
          early.delete(next);
          characters -= line.length;
          yield { position: next, value: JSON.parse(line) };
          next = awaited.indexOf(1, next + 1);
        }
        continue;
      }
      const line = JSON.stringify(placed.value);
      early.set(placed.position, line);
      characters += line.length;
      if (characters <= memoryCharacters) continue;
      disk ??= await openPositionBuckets();
      await disk.add(early);
      early.clear();
      characters = 0;
    }
    await disk?.add(early);
    // Without a disk something that was awaited never came, and what waited behind it goes out all the same.
    const rest = disk?.read() ?? [...early].sort(([a], [b]) => a - b);
    for await (const [position, line] of rest) yield { position, value: JSON.parse(line) };
  } finally {
    await disk?.close();
  }
}
