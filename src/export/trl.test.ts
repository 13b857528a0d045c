import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { exporterSuite } from "../testing/exporter-suite.js";
import { MADE_UP_FACTS, type MadeUpExport, madeUpExport } from "../testing/made-up-export.js";
import { trl } from "./trl.js";
import { writeExport } from "./write-export.js";

interface Message {
  readonly role: string;
  readonly content: readonly Readonly<Record<string, string | null>>[];
  readonly reasoning_content?: string | null;
}

exporterSuite({
  exporter: trl,
  write: (exporter, input, to) => writeExport({ exporter, input, to, facts: MADE_UP_FACTS }),
  async read(folder) {
    const rows = await rowsOf(folder, "train");
    const pairs = rows.map((row) => {
      const [said] = row.completion as Message[];
      const text = said?.content[0]?.text ?? "";
      const match = /^<think>\n([\s\S]*?)\n<\/think>(?:\n\n([\s\S]*))?$/.exec(text);
      const [thinking, answer] = match === null ? [null, text] : [match[1] ?? null, match[2] ?? null];
      return { image_id: String(row.image_id), teacher: String(row.teacher), thinking, answer };
    });
    const pictures = new Map(
      rows.flatMap((row) =>
        (row.images as unknown[]).flatMap((image) =>
          typeof image === "string" ? [] : [[String(row.image_id), (image as { bytes: Uint8Array }).bytes] as const],
        ),
      ),
    );
    return { pairs, pictures };
  },
});

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "trl-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function exported(name: string, options: MadeUpExport): Promise<string> {
  const to = join(root, name);
  await writeExport({ exporter: trl, input: madeUpExport(options), to, facts: MADE_UP_FACTS });
  return to;
}

test("prompt and completion are messages of typed parts, and no part has an image key", async () => {
  const [row] = await rowsOf(await exported("shape", { plain: true }), "train");
  assert.deepEqual(row?.prompt, [
    {
      role: "user",
      content: [
        { type: "image", text: null },
        { type: "text", text: "Say what the picture shows." },
      ],
    },
  ]);
  const [said] = (row?.completion ?? []) as Message[];
  assert.equal(said?.role, "assistant");
  assert.equal(said?.content.length, 1);
  assert.match(said?.content[0]?.text ?? "", /^<think>\nThought 0[\s\S]*\n<\/think>\n\nAnswer 0/);
  assert.deepEqual(row?.images, ["n02123045/n02123045_7.JPEG"]);
  assert.equal("messages" in (row ?? {}), false);
});

test("lists are declared as arrays of one element, pictures as images, and groups with pictures are small", async () => {
  const folder = await exported("features", { plain: true, withPixels: true, pictures: 120 });
  const file = await asyncBufferFromFile(join(folder, "sft", "train-00000-of-00001.parquet"));
  const { key_value_metadata, row_groups, schema } = await parquetMetadataAsync(file);
  const declared = key_value_metadata?.find(({ key }) => key === "huggingface")?.value ?? "";
  const { features } = (JSON.parse(declared) as { info: { features: Record<string, unknown> } }).info;
  const text = { dtype: "string", _type: "Value" };
  assert.deepEqual(features.images, [{ _type: "Image" }]);
  assert.deepEqual(features.completion, [{ role: text, content: [{ type: text, text }] }]);
  assert.ok(row_groups.every((group) => Number(group.num_rows) <= 100));
  assert.ok(
    schema
      .slice(1)
      .every(({ repetition_type, name }) => repetition_type === (name === "list" ? "REPEATED" : "OPTIONAL")),
  );
});

test("asked for as a field, thinking stands beside the answer", async () => {
  const [row] = await rowsOf(await exported("field", { plain: true, thinking: "field" }), "train");
  const [said] = (row?.completion ?? []) as Message[];
  assert.match(said?.content[0]?.text ?? "", /^Answer 0/);
  assert.match(said?.reasoning_content ?? "", /^Thought 0/);
});

test("the sample script cuts nothing, and holds the pictures' folder only where they are not inside", async () => {
  const script = await readFile(join(await exported("script", { plain: true }), "train.py"), "utf8");
  assert.match(script, /max_length=None/);
  assert.match(script, /7 at 1024/);
  assert.match(script, /sys\.argv\[1\]/);
  const inside = await readFile(join(await exported("inside", { plain: true, withPixels: true }), "train.py"), "utf8");
  assert.doesNotMatch(inside, /sys/);
});

async function rowsOf(folder: string, split: string): Promise<Record<string, unknown>[]> {
  const file = await asyncBufferFromFile(join(folder, "sft", `${split}-00000-of-00001.parquet`));
  return parquetReadObjects({ file, compressors, utf8: false });
}
