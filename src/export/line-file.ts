import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";

const CHUNK_CHARACTERS = 1_000_000;

export interface LineFile {
  /** Adds text as it is; line ends are the caller's. */
  add(text: string): Promise<void>;
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

/** Opens a new text file that is written in large pieces. */
export async function openLineFile(path: string): Promise<LineFile> {
  const handle = await open(path, "wx");
  let chunk: string[] = [];
  let characters = 0;
  const flush = async () => {
    await handle.appendFile(chunk.join(""));
    chunk = [];
    characters = 0;
  };
  return {
    async add(text) {
      chunk.push(text);
      characters += text.length;
      if (characters >= CHUNK_CHARACTERS) await flush();
    },
    async finish() {
      await flush();
      await handle.close();
    },
    abandon: () => handle.close().catch(() => undefined),
  };
}

/** The JSON objects of a file with one a line; commas and brackets of an array around them are passed over. */
export async function* readJsonLines(path: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    const object = line.replace(/,$/, "");
    if (object.startsWith("{")) yield JSON.parse(object) as Record<string, unknown>;
  }
}
