import { mkdir, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UserError } from "../records/index.js";
import { listFiles, syncPath } from "./folder-files.js";
import { readManifest } from "./manifest.js";

const DAY_MS = 86_400_000;

/** What stands under the final name before an export. */
type Standing = { readonly kind: "free" } | { readonly kind: "own"; readonly strangers: readonly string[] };

export interface ExportFolder {
  /** Absolute, links resolved. */
  readonly target: string;
  /** Where the export is written: a hidden sibling, so that the rename stays on one file system. */
  readonly working: string;
  /**
   * Puts the finished folder under the final name. The old export is moved aside first and then removed; where it
   * held files that it did not write itself it is kept, and its new name is the answer.
   */
  publish(): Promise<string | null>;
  discard(): Promise<void>;
}

/**
 * Opens a place to write an export of run `run8` that shall stand at `to`. Puts away what killed exports left there.
 * Throws a `UserError` where `to` is a file, the working folder itself, or a folder that is not empty and not an
 * export of the same run.
 */
export async function openExportFolder(to: string, run8: string): Promise<ExportFolder> {
  const target = await realpath(to).catch(() => resolve(to));
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  await putAwayLeftovers(target);
  await look(target, run8);
  const mark = `${hostname().replace(/[^A-Za-z0-9-]/g, "-")}.${process.pid}`;
  const working = join(parent, `.${basename(target)}.writing.${mark}`);
  const aside = join(parent, `.${basename(target)}.replaced.${mark}`);
  await rm(working, { recursive: true, force: true });
  await mkdir(working);
  return {
    target,
    working,
    async publish() {
      // Hours may have passed since the first look.
      const standing = await look(target, run8);
      if (standing.kind === "free") {
        await rename(working, target);
        await syncPath(parent);
        return null;
      }
      await rename(target, aside);
      await rename(working, target).catch(async (error: unknown) => {
        await rename(aside, target);
        throw error;
      });
      await syncPath(parent);
      if (standing.strangers.length > 0) return keep(target, aside);
      await rm(aside, { recursive: true, force: true });
      return null;
    },
    discard: () => rm(working, { recursive: true, force: true }),
  };
}

async function look(target: string, run8: string): Promise<Standing> {
  const found = await stat(target).catch(() => null);
  if (found === null) return { kind: "free" };
  if (!found.isDirectory()) throw new UserError(`--to ${target} is a file; name a folder that is new or empty`);
  const entries = await readdir(target);
  if (entries.length === 0) {
    if (isInside(process.cwd(), target)) {
      throw new UserError(
        `--to ${target} is the folder this command runs in, and the export replaces it whole; name a folder below it`,
      );
    }
    return { kind: "free" };
  }
  const manifest = await readManifest(target);
  if (manifest === null || manifest.run8 !== run8) {
    const holds =
      manifest === null
        ? `${entries.length} entries that are no export`
        : `an export of another run, ${manifest.name} (${manifest.run8})`;
    throw new UserError(
      `--to ${target} is not empty: it holds ${holds}; name a new folder, or move that one away first`,
    );
  }
  return { kind: "own", strangers: (await listFiles(target)).filter((path) => !manifest.files.has(path)) };
}

async function keep(target: string, aside: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = `${target}.kept-${number}`;
    if ((await stat(name).catch(() => null)) !== null) continue;
    await rename(aside, name);
    return name;
  }
}

/** Removes half-written exports of dead processes; an old export that a kill left moved aside goes back under its name. */
async function putAwayLeftovers(target: string): Promise<void> {
  const parent = dirname(target);
  for (const name of await readdir(parent)) {
    const left = leftover(name, basename(target));
    if (left === null || !(await isAbandoned(join(parent, name), left))) continue;
    const targetIsGone = (await stat(target).catch(() => null)) === null;
    if (left.kind === "replaced" && targetIsGone) await rename(join(parent, name), target);
    else await rm(join(parent, name), { recursive: true, force: true });
  }
}

interface Leftover {
  readonly kind: "writing" | "replaced";
  readonly host: string;
  readonly pid: number;
}

function leftover(name: string, base: string): Leftover | null {
  if (!name.startsWith(`.${base}.`)) return null;
  const match = /^(writing|replaced)\.([A-Za-z0-9-]*)\.(\d+)$/.exec(name.slice(base.length + 2));
  if (match === null) return null;
  const [, kind, host = "", pid] = match;
  return { kind: kind === "writing" ? "writing" : "replaced", host, pid: Number(pid) };
}

/** A process of another machine cannot be looked up, so its folder has to be a day old. */
async function isAbandoned(path: string, { host, pid }: Leftover): Promise<boolean> {
  if (host !== hostname().replace(/[^A-Za-z0-9-]/g, "-")) {
    const found = await stat(path).catch(() => null);
    return found !== null && Date.now() - found.mtimeMs > DAY_MS;
  }
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!way.startsWith("..") && !way.startsWith("/"));
}
