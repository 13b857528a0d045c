/** Files that belong beside pictures and never are one. Anything else is judged later, by its content. */
const SIDECAR = /\.(txt|md|json|jsonl|csv|tsv|xml|yaml|yml|db|ini|log)$/i;

/** Whether a relative path is a note, a table or a label file, by its name. */
export function isSidecar(path: string): boolean {
  return SIDECAR.test(path);
}

/** Whether a relative path, or any folder in it, is hidden (`.git`, `._a.jpg`). */
export function isHidden(path: string): boolean {
  return path.startsWith(".") || path.includes("/.");
}

/** The longest path that common systems open. */
const MAX_PATH_LENGTH = 4096;

/** A name from an archive or a table as a relative path; null where it is absolute, leads upwards, or cannot be one. */
export function relativePath(name: string): string | null {
  if (name.startsWith("/") || name.includes("\0") || name.length > MAX_PATH_LENGTH) return null;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 || parts.includes("..") ? null : parts.join("/");
}

/** A name in quotes for a sentence: control characters escaped, long ones cut. */
export function quoteName(name: string): string {
  const short = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  const escapeCode = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(short).replace(/[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escapeCode);
}
