import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exporter, ExportInput, ExportOptions } from "../records/index.js";
import { readConversations, writeConversations } from "./conversation-files.js";
import { llamaFactoryConfig } from "./llama-factory-config.js";
import { datasetSuffix, MESSAGE_FILES, MESSAGE_NAMES } from "./message-files.js";
import { writeReadme } from "./readme.js";

/**
 * `dataset_info.json` and `sft.jsonl` for LLaMA-Factory, in its `sharegpt` form with every tag named. Not `openai`,
 * which adds a system turn to every row. Pictures lie beside them: its `media_dir` is this folder unless told otherwise.
 */
export const llamaFactory: Exporter = {
  format: "llama-factory",
  carriesPixels: true,
  thinkingForms: ["tags"],
  isWide: () => false,
  composes: () => true,
  write,
  read: (folder, options) => readConversations(folder, options, MESSAGE_FILES),
};

async function write(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const rows = await writeConversations(input, folder, MESSAGE_FILES);
  await writeFile(join(folder, "dataset_info.json"), `${JSON.stringify(datasetInfo(input.options), null, 2)}\n`);
  if (input.training !== null) {
    const config = llamaFactoryConfig(input, (split) => datasetName(split, input.options));
    await writeFile(join(folder, "train.yaml"), config);
  }
  await writeReadme(folder, input, []);
  return { rows };
}

function datasetInfo(options: ExportOptions): Readonly<Record<string, unknown>> {
  const entry = (split: string) => ({
    file_name: MESSAGE_FILES.fileOf(split, options),
    formatting: "sharegpt",
    columns: { messages: MESSAGE_NAMES.turns, images: "images" },
    tags: {
      role_tag: MESSAGE_NAMES.role,
      content_tag: MESSAGE_NAMES.content,
      user_tag: MESSAGE_NAMES.user,
      assistant_tag: MESSAGE_NAMES.assistant,
      system_tag: "system",
    },
  });
  return Object.fromEntries(options.splits.map((split) => [datasetName(split, options), entry(split)]));
}

function datasetName(split: string, options: ExportOptions): string {
  return `imagenet_think_${datasetSuffix(split, options).replace("-", "_")}`;
}
