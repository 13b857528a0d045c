import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { WriterInfo } from "../records/index.js";
import { replaceFile } from "./atomic-file.js";
import { diskError, isMissing } from "./disk-error.js";
import { readTextOrNull } from "./read-text.js";
import { WRITER_ID } from "./writer-id.js";

/** How far a writer's tallies reach into its files of one model: all journals before `journal`, and `bytes` of that one. */
export interface Cover {
  readonly journal: number;
  readonly bytes: number;
}

/** `writers/<writer>.json`. */
export interface WriterState extends WriterInfo {
  readonly formatVersion: 1;
  /** By model. */
  readonly covers: Readonly<Record<string, Cover>>;
}

export function writersFolder(root: string): string {
  return join(root, "writers");
}

function statePath(root: string, writer: string): string {
  return join(writersFolder(root), `${writer}.json`);
}

/**
 * A state that is lost with the power is counted again from the records it spoke of, so only the last one is waited for:
 * a busy writer tells several a second.
 */
export function writeWriterState(root: string, state: WriterState): Promise<void> {
  const synced = state.state === "closed";
  return replaceFile(statePath(root, state.writer), `${JSON.stringify(state, null, 1)}\n`, { synced });
}

/** Null where there is none, or it cannot be read as one. */
export async function readWriterState(root: string, writer: string): Promise<WriterState | null> {
  const text = await readTextOrNull(statePath(root, writer));
  return text === null ? null : readState(text, writer);
}

/** The writers of the run, in start order; none of those in `passOver`. */
export async function readWriterStates(root: string, passOver?: ReadonlySet<string>): Promise<readonly WriterState[]> {
  const names = await listFolder(writersFolder(root));
  const writers = names
    .filter((name) => name.endsWith(".json"))
    .map((name) => basename(name, ".json"))
    .filter((name) => WRITER_ID.test(name) && passOver?.has(name) !== true)
    .sort();
  const states: WriterState[] = [];
  for (let at = 0; at < writers.length; at += 64) {
    const some = await Promise.all(writers.slice(at, at + 64).map((writer) => readWriterState(root, writer)));
    states.push(...some.filter((state) => state !== null));
  }
  return states;
}

/** Names in a folder; none where it does not exist. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw diskError(error, path, "read");
  }
}

function readState(text: string, writer: string): WriterState | null {
  try {
    const state: WriterState = JSON.parse(text);
    return state.writer === writer && typeof state.heartbeatAt === "string" ? state : null;
  } catch {
    return null;
  }
}
