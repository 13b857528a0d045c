import { parseJson } from "./error-body.js";

/** The one text in an event's JSON, and the field it stands in; null where there is none, or more than one. */
export type FindPiece = (json: unknown) => { readonly field: string; readonly text: string } | null;

/** The inside of a JSON string. */
const LITERAL = /(?:[^"\\]|\\.)*/y;
/** Text that stands for itself inside a JSON string. */
const PLAIN = /^[^"\\\u0000-\u001f]*$/;
const OTHER_TEXT = "another text";

/** What all events of one stream have in common but for the text they bring: read by two comparisons instead of as JSON. */
export class PieceShape {
  constructor(
    readonly field: string,
    private readonly before: string,
    private readonly after: string,
  ) {}

  /** The text of an event of this shape; null where the event is another, or is not JSON. */
  textOf(event: string): string | null {
    const { before, after } = this;
    if (event.length < before.length + after.length || !event.startsWith(before) || !event.endsWith(after)) return null;
    const inside = event.slice(before.length, event.length - after.length);
    if (PLAIN.test(inside)) return inside;
    const text = parseJson(`"${inside}"`);
    return typeof text === "string" ? text : null;
  }
}

/**
 * Learns the shape from an event with text in `field`. That the text was found is proven: with another text in its
 * place, the JSON must hold that one. So whatever has the same bytes round a valid string is the same JSON but for the
 * text.
 */
export function learnShape(event: string, field: string, find: FindPiece): PieceShape | null {
  const name = `"${field}":`;
  const at = event.indexOf(name);
  const quote = at === -1 ? -1 : event.indexOf('"', at + name.length);
  if (quote === -1) return null;
  LITERAL.lastIndex = quote + 1;
  const length = LITERAL.exec(event)?.[0].length ?? 0;
  const before = event.slice(0, quote + 1);
  const after = event.slice(quote + 1 + length);
  const other = find(parseJson(before + OTHER_TEXT + after));
  if (other?.field !== field || other.text !== OTHER_TEXT) return null;
  return new PieceShape(field, before, after);
}
