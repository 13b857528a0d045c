import { readFile } from "node:fs/promises";
import { join as joinPath } from "node:path";
import type { Outcome, TextLengths, Training } from "../records/index.js";
import type { HashedFile } from "./folder-files.js";
import type { ReplacedText } from "./valid-text.js";

export const EXPORT_FORMAT_VERSION = 1;
export const MANIFEST_NAME = "manifest.json";
const TOOL = "imagenet-think";

/** What the run says about this export; the same run and options give the same facts. */
export interface ExportFacts {
  readonly run: { readonly name: string; readonly run8: string };
  readonly toolVersion: string;
  /** Every option that shaped the export, defaults resolved; teachers and pixels are added from the input. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Counts of the six outcomes by model, of the whole run. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<Outcome, number>>>>;
  /** What became of the answered cells of the exported teachers. */
  readonly pairs: {
    readonly inExport: number;
    /** By reason in words. */
    readonly heldBack: Readonly<Record<string, number>>;
    readonly escaped: number;
    readonly bySplit: Readonly<Record<string, number>>;
  };
  /** Where the pictures of a joined export came from, and how many were not there. */
  readonly join?: Readonly<Record<string, unknown>>;
}

/** `manifest.json`. No clock time, so that exporting twice gives the same bytes. */
export interface ExportManifest extends ExportFacts {
  readonly formatVersion: number;
  readonly tool: string;
  readonly format: string;
  /** What its trainer is told, where it is part of an experiment; null where nobody shall train on it. */
  readonly training?: Training | null;
  /** Rows of the format's main table. */
  readonly rows: number;
  readonly replacedText: ReplacedText;
  readonly lengths: TextLengths;
  /** Every file but the manifest, sorted by path. */
  readonly files: readonly HashedFile[];
}

/** The manifest's text, keys in one order. */
export function manifestText(parts: Omit<ExportManifest, "formatVersion" | "tool">): string {
  const { format, toolVersion, run, options, outcomes, pairs, training, join, rows, replacedText, lengths, files } =
    parts;
  const start = {
    formatVersion: EXPORT_FORMAT_VERSION,
    tool: TOOL,
    toolVersion,
    format,
    run,
    options,
    outcomes,
    pairs,
    ...(training === undefined ? {} : { training }),
    ...(join === undefined ? {} : { join }),
  };
  const manifest: ExportManifest = { ...start, rows, replacedText, lengths, files };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** What an existing folder says of itself. */
export interface FoundExport {
  readonly run8: string;
  readonly name: string;
  /** Every path it should hold, the manifest's too. */
  readonly files: ReadonlySet<string>;
}

/** Null where the folder is no export of ours. */
export async function readManifest(folder: string): Promise<FoundExport | null> {
  const manifest = await readJson(joinPath(folder, MANIFEST_NAME));
  if (!isObject(manifest)) return null;
  const { tool, run, files } = manifest;
  if (tool !== TOOL || !isObject(run)) return null;
  const { run8, name } = run;
  if (typeof run8 !== "string" || typeof name !== "string") return null;
  const listed: readonly unknown[] = Array.isArray(files) ? files : [];
  const paths = listed.map((file) => (isObject(file) ? String(file.path) : ""));
  return { run8, name, files: new Set([MANIFEST_NAME, ...paths]) };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
