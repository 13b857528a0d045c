import { join } from "node:path";
import type { ExportInput, ExportOptions, ExportPair, ExportRow } from "../records/index.js";
import { pairOfConversation, type TurnNames } from "./conversation.js";
import { openLineFile, readJsonLines } from "./line-file.js";
import { openMedia } from "./media-files.js";
import { perSplit } from "./per-split.js";
import { gatherByImage } from "./read-rows.js";

/** How a format of conversations lies in files. */
export interface ConversationFiles {
  readonly names: TurnNames;
  /** The file of a split. */
  readonly fileOf: (split: string, options: ExportOptions) => string;
  /** A pair as one line of JSON. */
  readonly toJson: (pair: ExportPair) => string;
  /** Whether the lines stand in one JSON array. */
  readonly isArray: boolean;
}

/** Writes a file of conversations for each split, and the pictures beside them where they go out. Gives the rows. */
export async function writeConversations(
  input: ExportInput,
  folder: string,
  files: ConversationFiles,
): Promise<number> {
  const { options } = input;
  const { isArray } = files;
  const media = openMedia(folder, input.pixels);
  let rows = 0;
  await perSplit(
    options.splits,
    async (split) => {
      const file = await openLineFile(join(folder, files.fileOf(split, options)));
      let lines = 0;
      return {
        ...file,
        async addPair(pair: ExportPair) {
          const before = isArray ? (lines === 0 ? "[\n" : ",\n") : "";
          await file.add(before + files.toJson(pair) + (isArray ? "" : "\n"));
          lines += 1;
        },
        async finish() {
          if (isArray) await file.add(lines === 0 ? "[]\n" : "\n]\n");
          await file.finish();
        },
      };
    },
    async (fileFor) => {
      for await (const { image, split, pairs } of input.rows()) {
        for (const pair of pairs) await fileFor(split).addPair(pair);
        rows += pairs.length;
        if (options.withPixels) await media.put(image);
      }
      await media.finish();
    },
  );
  return rows;
}

/** Reads such files back. */
export async function* readConversations(
  folder: string,
  options: ExportOptions,
  files: ConversationFiles,
): AsyncGenerator<ExportRow> {
  async function* pairsOf(split: string): AsyncGenerator<ExportPair> {
    for await (const row of readJsonLines(join(folder, files.fileOf(split, options)))) {
      yield pairOfConversation(row, files.names, options);
    }
  }
  for (const split of options.splits) yield* gatherByImage(pairsOf(split), split);
}
