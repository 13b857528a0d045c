import { type Exporter, suggestName, UsageError } from "../records/index.js";
import { huggingface } from "./huggingface.js";
import { imagefolder } from "./imagefolder.js";
import { jsonl } from "./jsonl.js";
import { llamaFactory } from "./llama-factory.js";
import { llava } from "./llava.js";
import { msSwift } from "./ms-swift.js";
import { trl } from "./trl.js";
import { webdataset } from "./webdataset.js";

/** Every format, in the order help lists them. A new one is a file, a test and a line here. */
export const exporters: readonly Exporter[] = [
  huggingface,
  webdataset,
  imagefolder,
  jsonl,
  trl,
  llamaFactory,
  msSwift,
  llava,
];

/** The exporter of a format. Throws a `UsageError` that names the nearest known one. */
export function exporterNamed(format: string): Exporter {
  const found = exporters.find((exporter) => exporter.format === format);
  if (found !== undefined) return found;
  const known = exporters.map((exporter) => exporter.format);
  throw new UsageError(
    `--format ${JSON.stringify(format)} is not a format this version writes${suggestName(format, known)}`,
  );
}
