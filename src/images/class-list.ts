import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type ClassTree, nearestName, UserError, WNID } from "../records/index.js";

/** The classes a recipe asks for. */
export interface ClassList {
  /** `all`, the name of a shipped list, or the path of a file. */
  readonly list: string;
  /** Each class once, in the order of the file; null is all. */
  readonly wnids: readonly string[] | null;
  /** SHA-256 of the file, hex; null for `all`. */
  readonly sha256: string | null;
}

/** Shipped lists by the name a recipe uses; where they come from is said in PROVENANCE.md beside them. */
const SHIPPED: Readonly<Record<string, string>> = {
  "imagenet-21k-p": "imagenet21k-p-winter21-10450.txt",
  "imagenet-21k-p-fall11": "imagenet21k-p-fall11-11221.txt",
  "imagenet-21k": "imagenet21k-fall11-21841.txt",
};
/** The names of the shipped lists, as a recipe writes them. */
export const SHIPPED_CLASS_LISTS: readonly string[] = Object.keys(SHIPPED);
const SHIPPED_FOLDER = new URL("../../data/imagenet21k/", import.meta.url);
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** WordNet's `person, individual, someone, …`. */
export const PERSON_WNID = "n00007846";

/** Whether a class is WordNet's person or below it by any hypernym pointer. A folder that is no wnid is none. */
export function isPersonClass(tree: ClassTree, className: string | null): boolean {
  return className !== null && WNID.test(className) && tree.isA(className, PERSON_WNID);
}

/**
 * Reads `all`, a shipped list (`imagenet-21k-p`: 10,450 classes, `imagenet-21k-p-fall11`: 11,221, `imagenet-21k`:
 * 21,841) or a file with one wnid a line; blank lines and what follows `#` are passed over, and a line that does not
 * look like a wnid is the name of a folder. Throws a `UserError` that names file and line where a wnid is no noun of
 * WordNet 3.0; the tree is opened for such a file only.
 */
export async function readClassList(spec: string, openTree: () => Promise<ClassTree>): Promise<ClassList> {
  if (spec === "all") return { list: "all", wnids: null, sha256: null };
  const shipped = Object.hasOwn(SHIPPED, spec) ? SHIPPED[spec] : undefined;
  const bytes = shipped === undefined ? await readListFile(spec) : await readFile(new URL(shipped, SHIPPED_FOLDER));
  const tree = shipped === undefined ? await openTree() : null;
  const wnids = new Set<string>();
  for (const [index, line] of bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const name = line
      .replace(/(^|\s)#.*$/, "")
      .trim()
      .normalize("NFC");
    if (name === "") continue;
    const fault = tree === null ? null : await faultOf(name, tree);
    if (fault !== null) throw new UserError(`${spec}, line ${index + 1}: "${line.trim().slice(0, 80)}" ${fault}`);
    wnids.add(name);
  }
  if (wnids.size === 0)
    throw new UserError(`the class list ${spec} names no class; write one wnid a line, e.g. n02123045`);
  return { list: spec, wnids: [...wnids], sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function readListFile(file: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const seen = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
    const names = ["all", ...SHIPPED_CLASS_LISTS];
    const nearest = nearestName(basename(file), names);
    const advice =
      nearest === null
        ? `name a file with one wnid a line, or one of ${names.join(", ")}`
        : `did you mean "${nearest}"?`;
    throw new UserError(`the class list ${file} ${seen}; ${advice}`, { cause });
  }
  if (bytes.length > MAX_FILE_BYTES || bytes.includes(0)) {
    throw new UserError(`the class list ${file} is no text file; write one wnid a line`);
  }
  return bytes;
}

/** What is wrong with a line, in words that follow it; null where nothing is. */
async function faultOf(name: string, tree: ClassTree): Promise<string | null> {
  if (WNID.test(name)) {
    return tree.describe(name) === null
      ? `is no noun of WordNet ${tree.version}${await nearestKnown(name, tree)}`
      : null;
  }
  if (/^n\d{8}[\s,;]/.test(name)) return "has more than one wnid; write one a line, and remarks behind #";
  if (/^(?:n\d{7}|n\d{9}|N\d{8})$/.test(name)) return "is no wnid: that is n and eight digits, e.g. n02123045";
  return null;
}

async function nearestKnown(wnid: string, tree: ClassTree): Promise<string> {
  const known = await readFile(new URL(SHIPPED["imagenet-21k"] ?? "", SHIPPED_FOLDER), "utf8");
  const near = known.split("\n").filter((each) => differingDigits(each, wnid) === 1);
  const words = near.slice(0, 3).map((each) => `${each} (${tree.describe(each)?.lemmas[0] ?? "?"})`);
  return words.length === 0 ? "; mend the line or take it out" : `; one digit away: ${words.join(", ")}`;
}

function differingDigits(a: string, b: string): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let differing = 0;
  for (let place = 0; place < a.length; place++) if (a[place] !== b[place]) differing++;
  return differing;
}
