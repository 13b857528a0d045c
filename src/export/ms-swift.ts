import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exporter, ExportInput, ExportPair } from "../records/index.js";
import { conversationJson, PICTURE_MARK, type TurnNames } from "./conversation.js";
import { type ConversationFiles, readConversations, writeConversations } from "./conversation-files.js";
import { datasetSuffix } from "./llama-factory.js";
import { mediaPath } from "./media-files.js";
import { writeReadme } from "./readme.js";
import { msSwiftScript } from "./trainer-files.js";

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
 * `sft.jsonl` for ms-swift. A message has no key but `role` and `content`, since others are removed without a word; so
 * thinking stands between tags. Paths start from the working folder or from `ROOT_IMAGE_DIR`.
 */
export const msSwift: Exporter = {
  format: "ms-swift",
  carriesPixels: true,
  thinkingForms: ["tags"],
  isWide: () => false,
  composes: () => true,
  write,
  read: (folder, options) => readConversations(folder, options, FILES),
};

async function write(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const rows = await writeConversations(input, folder, FILES);
  await writeFile(
    join(folder, "train.sh"),
    msSwiftScript(input, (split) => FILES.fileOf(split, input.options)),
  );
  await writeReadme(folder, input, []);
  return { rows };
}
