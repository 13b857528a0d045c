import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExportInput } from "../records/index.js";

/** A configuration of the dataset: which files `datasets` loads under this name. */
export interface CardConfig {
  readonly name: string;
  /** Relative to the export folder; `*` stands for any text. */
  readonly files: string;
}

/**
 * Writes `README.md`: front matter with `configs`, then the card's text. `configs` is always there, because without
 * it two folders with different columns are mixed; `dataset_info` never is, because the files say it themselves.
 * The first configuration is the default.
 */
export async function writeReadme(folder: string, input: ExportInput, configs: readonly CardConfig[]): Promise<void> {
  const { dump } = await import("js-yaml");
  const fields = {
    ...input.cardFields,
    configs: configs.map(({ name, files }, index) => ({
      config_name: name,
      ...(index === 0 ? { default: true } : {}),
      data_files: [{ split: "train", path: files }],
    })),
  };
  await writeFile(join(folder, "README.md"), `---\n${dump(fields, { noRefs: true })}---\n\n${input.card.trimEnd()}\n`);
}
