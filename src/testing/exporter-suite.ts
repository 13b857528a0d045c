import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { after, before, describe, test } from "node:test";
import { load } from "js-yaml";
import type { Exporter, ExportInput, ExportOptions, ExportRow } from "../records/index.js";
import { type MadeUpExport, madeUpExport, madeUpPixels } from "./made-up-export.js";

/** A pair as a reader of the format finds it. */
export interface ReadPair {
  readonly image_id: string;
  readonly teacher: string;
  readonly thinking: string | null;
  readonly answer: string | null;
}

export interface ExporterSuite {
  readonly exporter: Exporter;
  /** The frame around every format, so that the whole way out is tested. */
  readonly write: (exporter: Exporter, input: ExportInput, to: string) => Promise<unknown>;
  /** Reads an export as its users would. `pictures` holds the pixels by image id where there are any. */
  readonly read: (folder: string) => Promise<{
    readonly pairs: readonly ReadPair[];
    readonly pictures?: ReadonlyMap<string, Uint8Array>;
  }>;
  /** What the read pairs of a split are; formats that are read whole leave it out. */
  readonly readSplit?: (folder: string, split: string) => Promise<readonly ReadPair[]>;
}

/** What every export format must satisfy. Call it in the format's own test file. */
export function exporterSuite({ exporter, write, read, readSplit }: ExporterSuite): void {
  describe(`exporter ${exporter.format}`, () => {
    let root = "";
    let made = 0;
    /** What this format can be given: whole rows where a row is a picture, plain texts where texts are composed. */
    const input = (asked: MadeUpExport = {}): ExportInput => {
      const options = madeUpExport(asked).options;
      const plain = exporter.composes(options);
      return madeUpExport({ plain, whole: exporter.isWide(options), ...asked });
    };
    before(async () => {
      root = await mkdtemp(join(tmpdir(), "exporter-suite-"));
    });
    after(() => rm(root, { recursive: true, force: true }));
    const exported = async (input: ExportInput) => {
      made += 1;
      const to = join(root, `export-${made}`);
      await write(exporter, input, to);
      return to;
    };

    test("every pair comes back once, with its texts; half a surrogate pair as U+FFFD", async () => {
      const asked = input();
      const { pairs } = await read(await exported(asked));
      assert.deepEqual(sorted(pairs), sorted(await wantedPairs(asked)));
    });

    test("the same input gives the same bytes", async () => {
      const [one, two] = [await exported(input()), await exported(input())];
      assert.deepEqual(await hashes(one), await hashes(two));
    });

    test("the card keeps its fields and text, and its configurations match every data file", async () => {
      const asked = input({ splits: ["train", "validation"] });
      const folder = await exported(asked);
      const readme = await readFile(join(folder, "README.md"), "utf8");
      const [, front = "", text = ""] = /^---\n(.*?)\n---\n\n(.*)$/s.exec(readme) ?? [];
      const { configs, ...fields } = load(front) as { configs?: Config[] } & Record<string, unknown>;
      assert.deepEqual(fields, asked.cardFields);
      assert.equal(text, asked.card);
      assert.equal(front.includes("\t"), false);
      if (configs === undefined) return;
      const patterns = configs.flatMap((config) => config.data_files.map((part) => pattern(part.path)));
      const data = [...(await hashes(folder)).keys()].filter(
        (path) => path.includes("/") || /\.(?:jsonl|tar)$/.test(path),
      );
      assert.deepEqual(
        data.filter((path) => !patterns.some((wanted) => wanted.test(path))),
        [],
      );
      for (const wanted of patterns) assert.ok(data.some((path) => wanted.test(path)));
    });

    test("an export without a pair can be read and is empty", async () => {
      const { pairs } = await read(await exported(input({ pictures: 0 })));
      assert.deepEqual(pairs, []);
    });

    test("one teacher alone, and what every picture has, are written as they are", async () => {
      const asked = input({ pictures: 5, teachers: ["kimi", "glm", "third"] });
      const { pairs } = await read(await exported(asked));
      assert.deepEqual(sorted(pairs), sorted(await wantedPairs(asked)));
      const alone = input({ pictures: 2, teachers: ["glm"] });
      assert.equal((await read(await exported(alone))).pairs.length, 2);
    });

    for (const parts of ["thinking", "answer"] as const) {
      test(`${parts} alone goes out without the other part`, async () => {
        const asked = input({ parts });
        const { pairs } = await read(await exported(asked));
        assert.deepEqual(sorted(pairs), sorted(await wantedPairs(asked)));
      });
    }

    test("a split holds its own pictures and no other's", async () => {
      const asked = input({ splits: ["train", "validation"] });
      const folder = await exported(asked);
      const back = await collect(exporter.read(folder, asked.options));
      assert.deepEqual(rowsBySplit(back), rowsBySplit(await collect(asked.rows())));
      for (const split of readSplit === undefined ? [] : asked.options.splits) {
        const wanted = (await wantedPairs(asked, split)).length;
        assert.equal((await readSplit?.(folder, split))?.length, wanted);
      }
    });

    for (const thinking of exporter.thinkingForms) {
      test(`an export with thinking as ${thinking} is read back as the rows it was written from`, async () => {
        const asked = input({ thinking });
        const options: ExportOptions = asked.options;
        const back = await collect(exporter.read(await exported(asked), options));
        assert.deepEqual(back.map(valid), (await collect(asked.rows())).map(valid));
      });
    }

    test("a stream that breaks leaves nothing behind", async () => {
      const before = await readdir(root);
      await assert.rejects(exported(input({ failAfter: 3 })), /the stream broke/);
      assert.deepEqual(await readdir(root), before);
    });

    test("pixels go out byte for byte, or are refused", async () => {
      const asked = input({ withPixels: true });
      if (!exporter.carriesPixels) return assert.rejects(exported(asked), { name: "UsageError", message: /pictures/ });
      const { pairs, pictures } = await read(await exported(asked));
      assert.deepEqual(sorted(pairs), sorted(await wantedPairs(asked)));
      assert.equal(pictures?.size, 24);
      for (const [id, bytes] of pictures ?? []) assert.ok(madeUpPixels(id).equals(bytes), id);
    });
  });
}

async function collect(rows: AsyncIterable<ExportRow>): Promise<ExportRow[]> {
  const all: ExportRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

function rowsBySplit(rows: readonly ExportRow[]): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>();
  for (const { split, image } of rows) ids.set(split, [...(ids.get(split) ?? []), image.id]);
  return ids;
}

interface Config {
  readonly config_name: string;
  readonly data_files: readonly { readonly split: string; readonly path: string }[];
}

async function wantedPairs(input: ExportInput, split?: string): Promise<ReadPair[]> {
  const pairs: ReadPair[] = [];
  for await (const row of input.rows()) {
    if (split !== undefined && row.split !== split) continue;
    for (const { image, teacher, thinking, answer } of row.pairs) {
      pairs.push({ image_id: image.id, teacher, thinking: valid(thinking), answer: valid(answer) });
    }
  }
  return pairs;
}

/** The same with half a surrogate pair as U+FFFD, which is what any UTF-8 file makes of it. */
function valid<T>(value: T): T {
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "string" ? Buffer.from(inner).toString() : inner,
  );
  return JSON.parse(text) as T;
}

function sorted(pairs: readonly ReadPair[]): ReadPair[] {
  const key = (pair: ReadPair) => `${pair.image_id}/${pair.teacher}`;
  return [...pairs].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function pattern(path: string): RegExp {
  return new RegExp(
    `^${path
      .replace(/[.+?^$()[\]{}|\\]/g, "\\$&")
      .replace(/\*\*/g, ".*")
      .replace(/(?<!\.)\*/g, "[^/]*")}$`,
  );
}

async function hashes(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = new Map<string, string>();
  for (const path of paths.sort()) {
    const hash = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    found.set(relative(folder, path).split(sep).join("/"), hash);
  }
  return found;
}
