import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { after, before, describe, test } from "node:test";
import { load } from "js-yaml";
import type { Exporter, ExportInput } from "../records/index.js";
import { madeUpExport, madeUpPixels } from "./made-up-export.js";

/** A pair as a reader of the format finds it. */
export interface ReadPair {
  readonly image_id: string;
  readonly teacher: string;
  readonly thinking: string | null;
  readonly answer: string;
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
}

/** What every export format must satisfy. Call it in the format's own test file. */
export function exporterSuite({ exporter, write, read }: ExporterSuite): void {
  describe(`exporter ${exporter.format}`, () => {
    let root = "";
    let made = 0;
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
      const input = madeUpExport();
      const { pairs } = await read(await exported(input));
      assert.deepEqual(sorted(pairs), sorted(await wantedPairs(input)));
    });

    test("the same input gives the same bytes", async () => {
      const [one, two] = [await exported(madeUpExport()), await exported(madeUpExport())];
      assert.deepEqual(await hashes(one), await hashes(two));
    });

    test("the card keeps its fields and text, and its configurations match every data file", async () => {
      const input = madeUpExport();
      const folder = await exported(input);
      const readme = await readFile(join(folder, "README.md"), "utf8");
      const [, front = "", text = ""] = /^---\n(.*?)\n---\n\n(.*)$/s.exec(readme) ?? [];
      const { configs, ...fields } = load(front) as { configs?: Config[] } & Record<string, unknown>;
      assert.deepEqual(fields, input.cardFields);
      assert.equal(text, input.card);
      assert.equal(front.includes("\t"), false);
      if (configs === undefined) return;
      const patterns = configs.flatMap((config) => config.data_files.map((part) => pattern(part.path)));
      const data = [...(await hashes(folder)).keys()].filter((path) => path.includes("/") || path.endsWith(".jsonl"));
      assert.deepEqual(
        data.filter((path) => !patterns.some((wanted) => wanted.test(path))),
        [],
      );
      for (const wanted of patterns) assert.ok(data.some((path) => wanted.test(path)));
    });

    test("an export without a pair can be read and is empty", async () => {
      const { pairs } = await read(await exported(madeUpExport({ pictures: 0 })));
      assert.deepEqual(pairs, []);
    });

    test("one teacher alone and a picture without every teacher are written as they are", async () => {
      const input = madeUpExport({ pictures: 5, teachers: ["kimi", "glm", "third"] });
      const { pairs } = await read(await exported(input));
      assert.deepEqual(sorted(pairs), sorted(await wantedPairs(input)));
      const alone = madeUpExport({ pictures: 2, teachers: ["glm"] });
      assert.equal((await read(await exported(alone))).pairs.length, 2);
    });

    test("a stream that breaks leaves nothing behind", async () => {
      const before = await readdir(root);
      await assert.rejects(exported(madeUpExport({ failAfter: 3 })), /the stream broke/);
      assert.deepEqual(await readdir(root), before);
    });

    test("pixels go out byte for byte, or are refused", async () => {
      const input = madeUpExport({ withPixels: true });
      if (!exporter.carriesPixels) return assert.rejects(exported(input), { name: "UsageError", message: /pictures/ });
      const { pairs, pictures } = await read(await exported(input));
      assert.deepEqual(sorted(pairs), sorted(await wantedPairs(input)));
      assert.equal(pictures?.size, 24);
      for (const [id, bytes] of pictures ?? []) assert.ok(madeUpPixels(id).equals(bytes), id);
    });
  });
}

interface Config {
  readonly config_name: string;
  readonly data_files: readonly { readonly split: string; readonly path: string }[];
}

async function wantedPairs(input: ExportInput): Promise<ReadPair[]> {
  const pairs: ReadPair[] = [];
  for await (const row of input.rows()) {
    for (const { image, teacher, thinking, answer } of row.pairs) {
      pairs.push({ image_id: image.id, teacher, thinking: thinking && valid(thinking), answer: valid(answer) });
    }
  }
  return pairs;
}

function valid(text: string): string {
  return Buffer.from(text).toString();
}

function sorted(pairs: readonly ReadPair[]): ReadPair[] {
  const key = (pair: ReadPair) => `${pair.image_id}/${pair.teacher}`;
  return [...pairs].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function pattern(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.+?^$()[\]{}|\\]/g, "\\$&").replace(/\*/g, "[^/]*")}$`);
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
