const OPENING = "\\boxed{";

/** The inside of a `\boxed{…}`, and the text on both sides of it. */
export interface FoundBox {
  readonly before: string;
  readonly inside: string;
  readonly after: string;
}

/**
 * The `\boxed{…}` that closes last, its braces counted; null where none is closed. `\{` and `\}` are LaTeX for a brace
 * in print and count for nothing. One pass.
 */
export function findLastBox(text: string): FoundBox | null {
  /** Where each open brace was: the start of a box, or null for any other. */
  const open: (number | null)[] = [];
  let last: { start: number; end: number } | null = null;
  for (let at = 0; at < text.length; at++) {
    const unit = text[at];
    if (unit === "\\" && text.startsWith(OPENING, at)) {
      open.push(at);
      at += OPENING.length - 1;
    } else if (unit === "\\" && (text[at + 1] === "{" || text[at + 1] === "}")) {
      at++;
    } else if (unit === "{") {
      open.push(null);
    } else if (unit === "}") {
      const start = open.pop() ?? null;
      if (start !== null) last = { start, end: at };
    }
  }
  if (last === null) return null;
  return {
    before: text.slice(0, last.start),
    inside: text.slice(last.start + OPENING.length, last.end),
    after: text.slice(last.end + 1),
  };
}
