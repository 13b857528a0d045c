import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Exporter, ExportInput } from "../records/index.js";
import { pairRow, type Row } from "./columns.js";
import { writeReadme } from "./readme.js";

const CHUNK_CHARACTERS = 1_000_000;

/** `pairs.jsonl`: the rows of the `pairs` configuration, one JSON object a line. */
export const jsonl: Exporter = {
  format: "jsonl",
  carriesPixels: false,
  async write(input, folder) {
    const handle = await open(join(folder, "pairs.jsonl"), "wx");
    try {
      const rows = await writeLines(input, handle);
      await writeReadme(folder, input, [{ name: "pairs", files: "pairs.jsonl" }]);
      return { rows };
    } finally {
      await handle.close();
    }
  },
};

async function writeLines(input: ExportInput, handle: FileHandle): Promise<number> {
  let rows = 0;
  let chunk: string[] = [];
  let characters = 0;
  for await (const { pairs } of input.rows()) {
    for (const pair of pairs) {
      const line = lineOf(pairRow(pair));
      chunk.push(line);
      characters += line.length;
      rows += 1;
    }
    if (characters < CHUNK_CHARACTERS) continue;
    await handle.appendFile(chunk.join(""));
    chunk = [];
    characters = 0;
  }
  await handle.appendFile(chunk.join(""));
  return rows;
}

/** Line ends that only some readers know (U+0085, U+2028, U+2029) are escaped, so that no reader cuts a line in two. */
function lineOf(row: Row): string {
  return `${JSON.stringify(row).replace(/[\u0085\u2028\u2029]/g, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
