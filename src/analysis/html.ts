const MARKUP = Symbol("markup");

/** Markup that is ours. Plain data, whatever its shape, can never be taken for it. */
export interface Html {
  readonly [MARKUP]: string;
}
export type HtmlPart = Html | string | number | null | readonly HtmlPart[];

/** Fills a template: strings and numbers become text (also between the quotes of an attribute), null becomes nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  let markup = strings[0] ?? "";
  for (const [index, part] of parts.entries()) markup += render(part) + (strings[index + 1] ?? "");
  return { [MARKUP]: markup };
}

/** Takes a constant of this program as markup. Never for anything that was read from somewhere. */
export function ownMarkup(markup: string): Html {
  return { [MARKUP]: markup };
}

export function markupOf(part: Html): string {
  return part[MARKUP];
}

/**
 * Text for HTML. Line ends of every kind become line feeds, control characters are shown as their pictures (␀, ␛),
 * halves of surrogate pairs as U+FFFD, so that a page is valid UTF-8 and nothing in it stays unseen.
 */
export function escapeText(text: string): string {
  return text
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replace(/[\0-\x08\x0b-\x1f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replace(/\x7f/g, "\u2421")
    .replace(/[\x80-\x9f]|\p{Surrogate}/gu, "\uFFFD")
    .replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

function render(part: HtmlPart): string {
  if (part === null) return "";
  if (typeof part === "string") return escapeText(part);
  if (typeof part === "number") return String(part);
  if (isList(part)) return part.map(render).join("");
  return part[MARKUP];
}

function isList(part: Html | readonly HtmlPart[]): part is readonly HtmlPart[] {
  return Array.isArray(part);
}
