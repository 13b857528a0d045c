import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exporter, ExportInput, ExportPair } from "../records/index.js";
import { conversationJson, PICTURE_MARK, type TurnNames } from "./conversation.js";
import { type ConversationFiles, readConversations, writeConversations } from "./conversation-files.js";
import { mediaPath } from "./media-files.js";
import { qwenRegistration } from "./qwen-registration.js";
import { writeReadme } from "./readme.js";

const NAMES: TurnNames = {
  turns: "conversations",
  role: "from",
  content: "value",
  user: "human",
  assistant: "gpt",
  mark: `${PICTURE_MARK}\n`,
};
const FILES: ConversationFiles = {
  names: NAMES,
  isArray: true,
  fileOf: (split) => `${split}.json`,
  toJson: (pair: ExportPair) =>
    conversationJson(pair, { id: `${pair.image.id}:${pair.teacher}`, image: mediaPath(pair.image) }, NAMES),
};

/** `train.json`: one array of conversations, as LLaVA and Qwen's finetune code read it, one of them a line. */
export const llava: Exporter = {
  format: "llava",
  carriesPixels: true,
  thinkingForms: ["tags"],
  isWide: () => false,
  composes: () => true,
  write,
  read: (folder, options) => readConversations(folder, options, FILES),
};

async function write(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const rows = await writeConversations(input, folder, FILES);
  await writeFile(join(folder, "qwen_datasets.py"), qwenRegistration(input));
  await writeReadme(folder, input, []);
  return { rows };
}
