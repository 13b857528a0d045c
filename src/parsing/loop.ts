const LONGEST_UNIT = 400;
const FEWEST_COPIES = 10;
const SHORTEST_SPAN = 200;

/**
 * Whether a text ends in one unit of 1–400 UTF-16 units, repeated whole at least 10 times over at least 200 units.
 * Looks at the last 4,000 units only, which is as far as ten copies of the longest unit reach.
 */
export function endsInLoop(text: string): boolean {
  const backwards = Array.from({ length: Math.min(text.length, LONGEST_UNIT * FEWEST_COPIES) }, (_, index) =>
    text.charCodeAt(text.length - 1 - index),
  );
  return matchesWithItself(backwards, LONGEST_UNIT).some((matched, unit) => {
    if (unit === 0) return false;
    const copies = 1 + Math.floor(matched / unit);
    return copies >= FEWEST_COPIES && copies * unit >= SHORTEST_SPAN;
  });
}

/** The Z function: for each shift up to `maxShift`, how many values from its start on equal those from the beginning on. */
function matchesWithItself(values: readonly number[], maxShift: number): number[] {
  const matches = [values.length];
  let left = 0;
  let right = 0;
  for (let shift = 1; shift <= maxShift && shift < values.length; shift++) {
    let matched = shift < right ? Math.min(right - shift, matches[shift - left] ?? 0) : 0;
    while (shift + matched < values.length && values[matched] === values[shift + matched]) matched++;
    if (shift + matched > right) {
      left = shift;
      right = shift + matched;
    }
    matches.push(matched);
  }
  return matches;
}
