import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HASH_RULE } from "../images/index.js";
import { putFile } from "../store/index.js";

const LINE = /^([0-9a-f]{64})\t([0-9a-f]{16})$/;

/** Difference hashes by the SHA-256 of the pictures they were made of. Derived: may be removed at any time. */
export interface HashCache {
  get(sha256: string): string | undefined;
  set(sha256: string, hash: string): void;
  save(): Promise<void>;
}

/** `analysis/difference-hash-1.tsv` in a run folder: SHA-256 and hash, a line each. What cannot be saved is only said. */
export async function openHashCache(run: string, say: (sentence: string) => void): Promise<HashCache> {
  const path = join(run, "analysis", `${HASH_RULE.replace("/", "-")}.tsv`);
  const hashes = new Map<string, string>();
  const text = await readFile(path, "utf8").catch(() => "");
  for (const line of text.split("\n")) {
    const [, sha256, hash] = LINE.exec(line) ?? [];
    if (sha256 !== undefined && hash !== undefined) hashes.set(sha256, hash);
  }
  let saved = hashes.size;
  return {
    get: (sha256) => hashes.get(sha256),
    set: (sha256, hash) => void hashes.set(sha256, hash),
    async save() {
      if (hashes.size === saved) return;
      saved = hashes.size;
      const lines = [...hashes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([sha256, hash]) => `${sha256}\t${hash}\n`);
      await putFile(path, lines.join("")).catch((error: Error) => {
        say(`the hashes of the pictures are not kept: ${error.message}`);
      });
    },
  };
}
