import type { Outcome } from "../records/index.js";

/** What each outcome means, in a few words. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  answered: "thinking and answer were read",
  truncated: "cut at the token limit",
  unparsed: "not in the form its dialect promises",
  refused: "declined by the model or its server",
  failed: "could not be answered in all its tries",
  missing: "not asked to the end yet",
};

/** `250,000`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 picture`, `24 pictures`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A share in per cent with one decimal; less than all never reads as 100 %, more than none never as 0 %. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "0 %";
  if (part === whole) return "100 %";
  const tenths = Math.min(999, Math.max(part > 0 ? 1 : 0, Math.floor((part / whole) * 1000)));
  return `${(tenths / 10).toFixed(1)} %`;
}

/** `30.2 kB`. */
export function byteSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [size, unit] = bytes < 999_950 ? [bytes / 1_000, "kB"] : [bytes / 1_000_000, "MB"];
  return `${size.toFixed(1)} ${unit}`;
}

/** `2026-05-09 07:29 UTC`. */
export function minute(iso: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(iso);
  return match === null ? iso : `${match[1]} ${match[2]} UTC`;
}
