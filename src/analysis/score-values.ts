/** `a − b`, cell by cell; NaN where either has no number. */
export function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, at) => value - (b[at] ?? Number.NaN));
}

/** Over the cells that have a number and, where there is a mask, a 1 in it. Null where there is none. */
export function meanOf(values: Float64Array, mask: Uint8Array | null): number | null {
  let sum = 0;
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (Number.isNaN(value) || (mask !== null && mask[at] !== 1)) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? null : sum / count;
}
