import { once } from "node:events";

/** A line of results on stdout. Waits where the reader is slower than we are. */
export async function print(line: string): Promise<void> {
  if (process.stdout.errored !== null) throw process.stdout.errored;
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, "drain");
}

/** Words for a person, on stderr. On a terminal they take the place of a progress line, which is drawn again below. */
export function say(sentence: string): void {
  const clear = process.stderr.isTTY === true ? "\r\u001b[2K" : "";
  process.stderr.write(`${clear}${printable(sentence)}\n`);
}

export function printError(sentence: string): void {
  process.stderr.write(`imagenet-think: ${printable(sentence)}\n`);
}

/** Text from a model or a file without the control characters that could steer a terminal; line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** Of results: stderr may be a terminal while they go into a file. */
const USE_COLOUR = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;

export function dim(text: string): string {
  return USE_COLOUR ? `\u001b[2m${text}\u001b[22m` : text;
}

export function bold(text: string): string {
  return USE_COLOUR ? `\u001b[1m${text}\u001b[22m` : text;
}

/** `1,234,567` */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `3 h 12 min`, `4 min 5 s`, `12 s` */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Columns padded to their widest cell; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === "number" ? thousands(cell) : cell)));
  const widths = (texts[0] ?? []).map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const isNumber = (column: number) => rows.slice(1).some((row) => typeof row[column] === "number");
  return texts
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
