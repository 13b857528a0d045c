import type { ExportOptions, ExportPair } from "../records/index.js";
import { conversationJson, PICTURE_MARK, type TurnNames } from "./conversation.js";
import type { ConversationFiles } from "./conversation-files.js";
import { mediaPath } from "./media-files.js";

/** The names that LLaMA-Factory and ms-swift read a record by. */
export const MESSAGE_NAMES: TurnNames = {
  turns: "messages",
  role: "role",
  content: "content",
  user: "user",
  assistant: "assistant",
  mark: PICTURE_MARK,
};

/** JSON Lines of `messages` with a list of pictures. */
export const MESSAGE_FILES: ConversationFiles = {
  names: MESSAGE_NAMES,
  isArray: false,
  fileOf: (split, options) => `${datasetSuffix(split, options)}.jsonl`,
  toJson: (pair: ExportPair) => conversationJson(pair, { images: [mediaPath(pair.image)] }, MESSAGE_NAMES),
};

/** `sft` for the split that is trained on, `sft-<split>` for the others. */
export function datasetSuffix(split: string, { splits }: ExportOptions): string {
  return split === splits[0] ? "sft" : `sft-${split}`;
}
