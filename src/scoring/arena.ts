/**
 * Whole numbers for a while: a typed array of its own costs a microsecond, a stretch of this one almost nothing. What was taken is
 * valid until the arena is emptied.
 */
export interface Arena {
  numbers: Int32Array;
  used: number;
}

export function createArena(): Arena {
  return { numbers: new Int32Array(1 << 14), used: 0 };
}

export function emptyArena(arena: Arena): void {
  arena.used = 0;
}

/** Room for `count` numbers, whatever stands in it. */
export function takeRoom(arena: Arena, count: number): Int32Array {
  if (arena.used + count > arena.numbers.length) {
    // What was taken before keeps the old numbers alive.
    arena.numbers = new Int32Array(2 * Math.max(count, arena.numbers.length));
    arena.used = 0;
  }
  const from = arena.used;
  arena.used += count;
  return arena.numbers.subarray(from, arena.used);
}

export function takeZeros(arena: Arena, count: number): Int32Array {
  return takeRoom(arena, count).fill(0);
}

/** A copy of `numbers[0 .. count)`. */
export function takeCopy(arena: Arena, numbers: Int32Array, count = numbers.length): Int32Array {
  const copy = takeRoom(arena, count);
  copy.set(numbers.subarray(0, count));
  return copy;
}
