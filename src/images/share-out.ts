/**
 * Shares `size` pictures out evenly over classes of the given capacities: one level for all, a class below it gives all
 * it has, and the odd pictures go one each to the first classes above the level. A capacity that shrinks never lowers
 * another class's share, and one that stays at or above its own share changes none.
 */
export function shareOut(size: number, capacities: readonly number[]): number[] {
  let { level, odd } = findLevel(size, capacities);
  return capacities.map((capacity) => {
    if (capacity <= level) return capacity;
    return odd-- > 0 ? level + 1 : level;
  });
}

function findLevel(size: number, capacities: readonly number[]): { level: number; odd: number } {
  const sorted = Float64Array.from(capacities).sort();
  let left = size;
  for (const [index, capacity] of sorted.entries()) {
    const sharing = sorted.length - index;
    const level = Math.floor(left / sharing);
    if (capacity > level) return { level, odd: left - level * sharing };
    left -= capacity;
  }
  return { level: sorted.at(-1) ?? 0, odd: 0 };
}

/**
 * Gives the level a class would have had: what it could have given, odd pictures aside, had it had pictures enough and
 * all other classes the capacities given.
 */
export function levelWanted(size: number, capacities: readonly number[]): (capacity: number) => number {
  const sorted = Float64Array.from(capacities).sort();
  const sums = new Float64Array(sorted.length + 1);
  for (const [index, capacity] of sorted.entries()) sums[index + 1] = (sums[index] ?? 0) + capacity;
  const givenAt = (level: number): number => {
    const below = largest(sorted.length, (count) => (sorted[count - 1] ?? 0) <= level);
    return (sums[below] ?? 0) + level * (sorted.length - below);
  };
  return (capacity) => largest(size, (level) => givenAt(level) - Math.min(capacity, level) + level <= size);
}

/** The largest whole number of 0…`limit` that `holds`, which is true up to it and false beyond; 0 is taken to hold. */
function largest(limit: number, holds: (value: number) => boolean): number {
  let low = 0;
  let high = limit;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
