import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Exporter, type ExportInput, UsageError } from "../records/index.js";
import { explainFolder, explainFullDisk } from "./disk-fault.js";
import { type ExportFolder, openExportFolder } from "./export-folder.js";
import { type HashedFile, syncFiles, syncFolders } from "./folder-files.js";
import { type ExportFacts, MANIFEST_NAME, manifestText } from "./manifest.js";
import { PIXEL_TERMS } from "./terms.js";
import { type ReplacedText, withValidText } from "./valid-text.js";

export interface ExportRequest {
  readonly exporter: Exporter;
  readonly input: ExportInput;
  /** The folder that shall hold the export. */
  readonly to: string;
  readonly facts: ExportFacts;
  /** Texts that are written beside the format's own files, by name. */
  readonly extras?: Readonly<Record<string, string>>;
}

export interface ExportResult {
  /** Absolute. */
  readonly folder: string;
  readonly rows: number;
  readonly files: readonly HashedFile[];
  readonly replacedText: ReplacedText;
  /** Where the export that stood there before was kept, because it held files it had not written; else null. */
  readonly kept: string | null;
}

/**
 * Writes an export: into a hidden folder beside `to`, synced, with `manifest.json`, and under its own name only when
 * it is whole. An older export of the same run is replaced. The same input gives the same bytes on the same machine.
 *
 * Throws a `UsageError` for pixels in a format without a place for them, and a `UserError` where `to` holds anything
 * else than an export of this run, cannot be written, or the disk is full; the hidden folder is then removed.
 */
export async function writeExport({ exporter, input, to, facts, extras = {} }: ExportRequest): Promise<ExportResult> {
  if (input.options.withPixels && !exporter.carriesPixels) {
    throw new UsageError(
      `--with-pixels: the format ${exporter.format} has no place for pictures; leave it out or choose --format huggingface`,
    );
  }
  const folder = await openExportFolder(to, facts.run.run8).catch((error: unknown) => {
    throw explainFolder(error, to);
  });
  try {
    const written = await fill(folder.working, exporter, input, facts, extras).catch((error: unknown) => {
      throw explainFullDisk(error, folder.target);
    });
    const kept = await publish(folder);
    return { folder: folder.target, ...written, kept };
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

async function fill(
  working: string,
  exporter: Exporter,
  input: ExportInput,
  facts: ExportFacts,
  extras: Readonly<Record<string, string>>,
): Promise<Pick<ExportResult, "rows" | "files" | "replacedText">> {
  if (input.options.withPixels) await writeFile(join(working, "TERMS.md"), PIXEL_TERMS);
  for (const [name, text] of Object.entries(extras)) await writeFile(join(working, name), text);
  const valid = withValidText(input);
  const { rows } = await exporter.write(valid.input, working);
  const replacedText = valid.replaced();
  const files = await syncFiles(working);
  const options = { ...facts.options, ...input.options };
  const { lengths, training } = input;
  const known = { ...facts, options, format: exporter.format, rows, replacedText, lengths, files };
  const manifest = manifestText(training === undefined ? known : { ...known, training });
  await writeFile(join(working, MANIFEST_NAME), manifest, { flush: true });
  await syncFolders(working);
  return { rows, files, replacedText };
}

async function publish(folder: ExportFolder): Promise<string | null> {
  return folder.publish().catch((error: unknown) => {
    throw explainFolder(error, folder.target);
  });
}
