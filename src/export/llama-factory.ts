import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exporter, ExportInput, ExportOptions, ExportPair } from "../records/index.js";
import { conversationJson, PICTURE_MARK, type TurnNames } from "./conversation.js";
import { type ConversationFiles, readConversations, writeConversations } from "./conversation-files.js";
import { mediaPath } from "./media-files.js";
import { writeReadme } from "./readme.js";
import { llamaFactoryConfig } from "./trainer-files.js";

const NAMES: TurnNames = {
  turns: "messages",
  role: "role",
  content: "content",
  user: "user",
  assistant: "assistant",
  mark: PICTURE_MARK,
};
const FILES: ConversationFiles = {
  names: NAMES,
  isArray: false,
  fileOf: (split, options) => `${datasetSuffix(split, options)}.jsonl`,
  toJson: (pair: ExportPair) => conversationJson(pair, { images: [mediaPath(pair.image)] }, NAMES),
};

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
  read: (folder, options) => readConversations(folder, options, FILES),
};

async function write(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const rows = await writeConversations(input, folder, FILES);
  await writeFile(join(folder, "dataset_info.json"), `${JSON.stringify(datasetInfo(input.options), null, 2)}\n`);
  await writeFile(
    join(folder, "train.yaml"),
    llamaFactoryConfig(input, (split) => datasetName(split, input.options)),
  );
  await writeReadme(folder, input, []);
  return { rows };
}

function datasetInfo(options: ExportOptions): Readonly<Record<string, unknown>> {
  const entry = (split: string) => ({
    file_name: FILES.fileOf(split, options),
    formatting: "sharegpt",
    columns: { messages: NAMES.turns, images: "images" },
    tags: {
      role_tag: NAMES.role,
      content_tag: NAMES.content,
      user_tag: NAMES.user,
      assistant_tag: NAMES.assistant,
      system_tag: "system",
    },
  });
  return Object.fromEntries(options.splits.map((split) => [datasetName(split, options), entry(split)]));
}

function datasetName(split: string, options: ExportOptions): string {
  return `imagenet_think_${datasetSuffix(split, options).replace("-", "_")}`;
}

/** `sft` for the split that is trained on, `sft-<split>` for the others. */
export function datasetSuffix(split: string, { splits }: ExportOptions): string {
  return split === splits[0] ? "sft" : `sft-${split}`;
}
