import { join } from "node:path";
import { RUN_FORMAT_VERSION, type RunHeader, UserError } from "../records/index.js";
import { createFile, isTemporaryName, makeFolder, replaceFile } from "./atomic-file.js";
import { readTextOrNull } from "./read-text.js";
import { listFolder } from "./writer-state.js";

/** Null where there is no `run.json`. Throws a `UserError` where it is damaged or newer than this program. */
export async function readHeader(root: string): Promise<RunHeader | null> {
  const path = join(root, "run.json");
  const text = await readTextOrNull(path);
  if (text === null) return null;
  const header = parseHeader(text);
  if (header === null)
    throw new UserError(`${path} is not the head of a run; restore it from a copy, or choose another folder`);
  if (header.formatVersion > RUN_FORMAT_VERSION) {
    throw new UserError(
      `${path} was written by a newer version of imagenet-think (format ${header.formatVersion}, this one knows ${RUN_FORMAT_VERSION}); upgrade to go on with this run`,
    );
  }
  if (header.formatVersion < RUN_FORMAT_VERSION) {
    throw new UserError(
      `${path} was written by an older version of imagenet-think (format ${header.formatVersion}, this one knows ${RUN_FORMAT_VERSION}); go on with that version, or begin another run`,
    );
  }
  return header;
}

/**
 * Makes a folder a run, or replaces the head of this very run (same `run8`). Throws a `UserError` for a folder that
 * holds other things, and where another process made it a run first.
 */
export async function writeHeader(root: string, header: RunHeader): Promise<void> {
  const path = join(root, "run.json");
  const content = `${JSON.stringify(header, null, 2)}\n`;
  const existing = await readHeader(root);
  if (existing !== null) {
    refuseOtherRun(root, existing, header);
    return replaceFile(path, content);
  }
  const others = (await listFolder(root)).filter((name) => !isTemporaryName(name) && name !== ".DS_Store");
  if (others.length > 0) {
    throw new UserError(
      `${root} is not empty and not a run (it holds ${others.sort()[0]}); choose an empty or new folder`,
    );
  }
  await makeFolder(root);
  if (await createFile(path, content)) return;
  const first = await readHeader(root);
  if (first !== null) refuseOtherRun(root, first, header);
}

function refuseOtherRun(root: string, existing: RunHeader, header: RunHeader): void {
  if (existing.run8 === header.run8) return;
  throw new UserError(
    `${root} already holds the run ${existing.name} (${existing.run8}), begun ${existing.createdAt}; start again to go on with it`,
  );
}

function parseHeader(text: string): RunHeader | null {
  try {
    const header: RunHeader | null = JSON.parse(text);
    return typeof header?.formatVersion === "number" ? header : null;
  } catch {
    return null;
  }
}
