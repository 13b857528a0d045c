const MAX_BODY_BYTES = 2048;

/** Takes keys out of a text: the one that was sent, and whatever follows the word Bearer. */
export function redact(text: string, apiKey: string | null): string {
  const withoutKey = apiKey === null || apiKey === "" ? text : text.replaceAll(apiKey, "<key>");
  return withoutKey.replace(/\b(bearer)\s+[^\s"'<>,;\\]+/gi, "$1 <key>");
}

/** At most 2 kB of a body, redacted before the cut so that no half of a key is left. Null where there was none. */
export function bodyEvidence(body: string, apiKey: string | null): string | null {
  if (body === "") return null;
  const clean = redact(body, apiKey);
  const bytes = Buffer.from(clean);
  if (bytes.length <= MAX_BODY_BYTES) return clean;
  // A character cut in two would become a replacement character that nobody sent.
  let end = MAX_BODY_BYTES;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}

/** One line of at most `length` characters without control characters, for a message. */
export function oneLine(text: string, length = 300): string {
  const flat = text
    .slice(0, 4 * length)
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim();
  return flat.length <= length ? flat : `${flat.slice(0, length - 1)}…`;
}
