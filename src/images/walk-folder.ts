import type { Dirent, Stats } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ListingNotes } from "../records/index.js";
import { quoteName } from "./listing-rules.js";
import { fileError } from "./read-file.js";

/** Files in a batch; also how many links are looked up together. */
const BATCH = 1024;

/**
 * Yields the regular files below `root`, as relative paths with `/`, in batches; hidden ones are passed over. Links are
 * followed, because copies of large sets are often farms of links, but each real folder is walked only once: under its
 * own path if it has one below `root`, else under the first link to it by code unit. So a loop ends, and the result
 * does not depend on the order in which the system lists. Throws a `UserError` on a folder that cannot be read.
 */
export async function* walkFolder(root: string, notes?: ListingNotes): AsyncGenerator<readonly string[]> {
  const walked = new Set<string>();
  let starts = [""];
  while (starts.length > 0) {
    const linkedFolders: string[] = [];
    for (const start of starts) {
      const waiting = [start];
      for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
        const facts = await statOrThrow(join(root, folder));
        const identity = `${facts.dev}:${facts.ino}`;
        if (walked.has(identity)) {
          notes?.problem(`${quoteName(folder)} links to a folder that is listed already; passed over`);
          continue;
        }
        walked.add(identity);
        for await (const found of listFolder(root, folder, notes)) {
          waiting.push(...found.folders);
          linkedFolders.push(...found.linkedFolders);
          if (found.files.length > 0) yield found.files;
        }
      }
    }
    starts = linkedFolders.sort();
  }
}

interface Found {
  readonly files: string[];
  readonly folders: string[];
  readonly linkedFolders: string[];
}

async function* listFolder(root: string, folder: string, notes?: ListingNotes): AsyncGenerator<Found> {
  const absolute = join(root, folder);
  let batch: Dirent[] = [];
  try {
    for await (const entry of await opendir(absolute, { bufferSize: BATCH })) {
      if (entry.name.startsWith(".")) continue;
      batch.push(entry);
      if (batch.length < BATCH) continue;
      yield await sortEntries(root, folder, batch, notes);
      batch = [];
    }
  } catch (error) {
    throw fileError(absolute, error);
  }
  yield await sortEntries(root, folder, batch, notes);
}

async function sortEntries(
  root: string,
  folder: string,
  entries: readonly Dirent[],
  notes?: ListingNotes,
): Promise<Found> {
  const found: Found = { files: [], folders: [], linkedFolders: [] };
  const links: string[] = [];
  for (const entry of entries) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.includes("\uFFFD")) {
      notes?.problem(`${quoteName(path)} has a name that is not UTF-8; rename it to have it read`);
    } else if (entry.isFile()) found.files.push(path);
    else if (entry.isDirectory()) found.folders.push(path);
    else if (entry.isSymbolicLink()) links.push(path);
    else notes?.problem(`${quoteName(path)} is not a regular file; passed over`);
  }
  const targets = await Promise.all(links.map((path) => stat(join(root, path)).catch(() => null)));
  for (const [i, path] of links.entries()) {
    const target = targets[i] ?? null;
    if (target?.isFile()) found.files.push(path);
    else if (target?.isDirectory()) found.linkedFolders.push(path);
    else notes?.problem(`${quoteName(path)} is a link that leads nowhere; passed over`);
  }
  return found;
}

async function statOrThrow(path: string): Promise<Stats> {
  return stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
}
