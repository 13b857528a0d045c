import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EXPORT_PARTS, type ExportOptions, THINKING_FORMS, UserError } from "../records/index.js";
import { EXPORT_FORMAT_VERSION, type ExportManifest, MANIFEST_NAME } from "./manifest.js";

/** An export as its own folder describes it. */
export interface FoundExport {
  readonly manifest: ExportManifest;
  readonly options: ExportOptions;
  /** `README.md` in its two halves. */
  readonly card: { readonly fields: Readonly<Record<string, unknown>>; readonly text: string };
}

/** Reads what an export says of itself. Throws a `UserError` where the folder is none, or one of a newer version. */
export async function readExport(folder: string): Promise<FoundExport> {
  const manifest = await readFile(join(folder, MANIFEST_NAME), "utf8")
    .then(
      (text) => JSON.parse(text) as ExportManifest,
      () => null,
    )
    .catch(() => null);
  if (manifest?.tool !== "imagenet-think" || typeof manifest.format !== "string") {
    throw new UserError(
      `${folder} holds no export (there is no manifest.json of one); name a folder that \`export\` wrote`,
    );
  }
  if (manifest.formatVersion > EXPORT_FORMAT_VERSION) {
    throw new UserError(`${folder} was written by a newer version (${manifest.toolVersion}); use that one to join it`);
  }
  const options = readOptions(manifest.options);
  if (options === null) {
    throw new UserError(`${folder} does not say how it was written (manifest.json lacks its options); export it again`);
  }
  return { manifest, options, card: await readCard(folder) };
}

function readOptions(options: Readonly<Record<string, unknown>>): ExportOptions | null {
  const { teachers, withPixels, parts, thinking, splits } = options;
  const knownParts = EXPORT_PARTS.find((known) => known === parts);
  if (!isTexts(teachers) || !isTexts(splits) || knownParts === undefined || typeof withPixels !== "boolean")
    return null;
  return {
    teachers,
    withPixels,
    parts: knownParts,
    thinking: THINKING_FORMS.find((known) => known === thinking) ?? null,
    splits,
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

async function readCard(folder: string): Promise<FoundExport["card"]> {
  const readme = await readFile(join(folder, "README.md"), "utf8").catch(() => "");
  const [, front = "", text = readme] = /^---\n([\s\S]*?)\n---\n\n([\s\S]*)$/.exec(readme) ?? [];
  const { load } = await import("js-yaml");
  const fields = (load(front) ?? {}) as Record<string, unknown>;
  return { fields: Object.fromEntries(Object.entries(fields).filter(([name]) => name !== "configs")), text };
}
