import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReadPair } from "./exporter-suite.js";

/** The rows of files of messages with `images` (LLaMA-Factory, ms-swift) as pairs, and the pictures that are there. Absent files hold nothing. */
export async function readMessageFolder(folder: string, files: readonly string[]) {
  const rows = (await Promise.all(files.map((file) => messageRows(join(folder, file)).catch(() => [])))).flat();
  const pictures = new Map<string, Uint8Array>();
  for (const row of rows) {
    const bytes = await readFile(join(folder, String((row.images as string[])[0]))).catch(() => null);
    if (bytes !== null) pictures.set(String(row.image_id), bytes);
  }
  return { pairs: rows.map(pairOfMessages), pictures };
}

/** The rows of one JSON Lines file. */
export async function messageRows(path: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** What the assistant of a row said, cut at the think tags as a trainer would see them. */
export function pairOfMessages(row: Readonly<Record<string, unknown>>): ReadPair {
  const [, said] = row.messages as readonly Record<string, string>[];
  const text = said?.content ?? "";
  const match = /^<think>\n([\s\S]*?)\n<\/think>(?:\n\n([\s\S]*))?$/.exec(text);
  const parts =
    match === null ? { thinking: null, answer: text } : { thinking: match[1] ?? null, answer: match[2] ?? null };
  return { image_id: String(row.image_id), teacher: String(row.teacher), ...parts };
}
