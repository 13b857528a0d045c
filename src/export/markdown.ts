/** Control characters but line feed and tab, bidirectional overrides and isolates, and halves of surrogate pairs. */
const UNSHOWABLE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;
const MARKUP = /[\\`*_{}[\]<>#|~&$!]/g;

/** One line of plain text that no Markdown reader takes for markup. */
export function plain(text: string): string {
  return oneLine(text).replace(MARKUP, (mark) => `\\${mark}`);
}

/** A short text as inline code. */
export function code(text: string): string {
  const line = oneLine(text);
  // A cell ends at a bar even inside code, and a backtick would end the code.
  return line === "" || /[`|]/.test(line) ? plain(line) : `\`${line}\``;
}

/** A text as it is, in a fence that nothing inside it can close. */
export function fenced(text: string, language = "text"): string {
  const body = text.replace(/\r\n?/g, "\n").replace(UNSHOWABLE, "");
  const longest = Math.max(2, ...(body.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${body}\n${fence}`;
}

/** A table from cells that are Markdown already; numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const rule = head.map((_, column) => (rows.every((row) => typeof row[column] === "number") ? "---:" : "---"));
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(show).join(" | ")} |`;
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** `250,000`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** One line without anything that cannot be shown. */
export function oneLine(text: string): string {
  return text
    .replace(/[\s\u0085]+/g, " ")
    .replace(UNSHOWABLE, "")
    .trim();
}

function show(cell: string | number): string {
  return typeof cell === "number" ? count(cell) : cell;
}
