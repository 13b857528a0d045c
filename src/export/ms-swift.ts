import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exporter, ExportInput } from "../records/index.js";
import { readConversations, writeConversations } from "./conversation-files.js";
import { MESSAGE_FILES } from "./message-files.js";
import { msSwiftScript } from "./ms-swift-script.js";
import { writeReadme } from "./readme.js";

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
  read: (folder, options) => readConversations(folder, options, MESSAGE_FILES),
};

async function write(input: ExportInput, folder: string): Promise<{ rows: number }> {
  const rows = await writeConversations(input, folder, MESSAGE_FILES);
  if (input.training !== null) {
    const script = msSwiftScript(input, (split) => MESSAGE_FILES.fileOf(split, input.options));
    await writeFile(join(folder, "train.sh"), script);
  }
  await writeReadme(folder, input, []);
  return { rows };
}
