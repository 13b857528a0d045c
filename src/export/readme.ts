import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExportInput } from "../records/index.js";

/** A configuration of the dataset: which files `datasets` loads under this name. */
export interface CardConfig {
  readonly name: string;
  /** Relative to the export folder, for one split; `*` stands for any text. */
  readonly files: (split: string) => string;
}

/**
 * Writes `README.md`: front matter with `configs`, then the card's text. Formats that `datasets` loads always name
 * their configurations, because without them two folders with different columns are mixed; others give none.
 * `dataset_info` is never there, because the files say it themselves. The first configuration is the default.
 */
export async function writeReadme(folder: string, input: ExportInput, configs: readonly CardConfig[]): Promise<void> {
  const { dump } = await import("js-yaml");
  const named = configs.map(({ name, files }, index) => ({
    config_name: name,
    ...(index === 0 ? { default: true } : {}),
    data_files: input.options.splits.map((split) => ({ split, path: files(split) })),
  }));
  const fields = { ...input.cardFields, ...(named.length === 0 ? {} : { configs: named }) };
  await writeFile(join(folder, "README.md"), `---\n${dump(fields, { noRefs: true })}---\n\n${input.card.trimEnd()}\n`);
}
