const LONGEST_UNIT = 400;
const FEWEST_COPIES = 10;
const SHORTEST_SPAN = 200;

/**
 * Whether a text ends in one unit of 1–400 UTF-16 units, repeated whole at least 10 times over at least 200 units.
 * At most 400 × 4,000 comparisons however long the text is, and a few hundred where it does not loop.
 */
export function endsInLoop(text: string): boolean {
  for (let unit = 1; unit <= LONGEST_UNIT; unit++) {
    const copies = Math.max(FEWEST_COPIES, Math.ceil(SHORTEST_SPAN / unit));
    if (endsInCopies(text, unit, copies * unit)) return true;
  }
  return false;
}

/** Whether the last `span` units equal, one by one, those that stand `unit` before them. */
function endsInCopies(text: string, unit: number, span: number): boolean {
  const start = text.length - span;
  if (start < 0) return false;
  for (let at = text.length - 1; at >= start + unit; at--) {
    if (text.charCodeAt(at) !== text.charCodeAt(at - unit)) return false;
  }
  return true;
}
