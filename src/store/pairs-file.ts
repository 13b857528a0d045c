import { join } from "node:path";
import type { Pair } from "../records/index.js";
import { makeFolder } from "./atomic-file.js";
import type { Column } from "./sample-columns.js";
import { writeTable } from "./write-table.js";

/** Texts are long; this many rows are a few megabytes. */
const ROW_GROUP = 2_048;

/** The columns of `pairs/<model>.parquet`: what `pairs` prints. Texts are plain; a lone surrogate becomes U+FFFD here, the replies keep it. */
const PAIR_COLUMNS: readonly Column<Pair>[] = [
  { name: "image", type: "STRING", nullable: false, value: ({ image }) => image },
  { name: "class", type: "STRING", nullable: true, value: (pair) => pair.class },
  { name: "model", type: "STRING", nullable: false, value: ({ model }) => model },
  { name: "outcome", type: "STRING", nullable: false, value: ({ outcome }) => outcome },
  { name: "reason", type: "STRING", nullable: true, value: ({ reason }) => reason },
  { name: "thinking", type: "STRING", nullable: true, value: ({ thinking }) => thinking },
  { name: "answer", type: "STRING", nullable: true, value: ({ answer }) => answer },
  {
    name: "flags",
    type: "STRING",
    nullable: true,
    value: ({ flags }) => (flags.length === 0 ? null : flags.join(",")),
  },
  { name: "finish_reason", type: "STRING", nullable: true, value: ({ finishReason }) => finishReason },
  { name: "attempts", type: "INT32", nullable: false, value: ({ attempts }) => attempts },
];

/** Writes what a parser makes of one model's replies, replacing what an earlier one made of them. Gives the rows. */
export async function writePairs(
  root: string,
  model: string,
  parserVersion: string,
  pairs: AsyncIterable<Pair>,
): Promise<number> {
  const folder = join(root, "pairs");
  await makeFolder(folder);
  return writeTable(join(folder, `${model}.parquet`), pairs, PAIR_COLUMNS, {
    notes: { "imagenet-think.parser": parserVersion },
    rowGroup: ROW_GROUP,
  });
}
