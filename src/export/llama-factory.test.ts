import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exporterSuite } from "../testing/exporter-suite.js";
import { MADE_UP_FACTS, type MadeUpExport, madeUpExport } from "../testing/made-up-export.js";
import { messageRows, pairOfMessages, readMessageFolder } from "../testing/message-rows.js";
import { llamaFactory } from "./llama-factory.js";
import { writeExport } from "./write-export.js";

exporterSuite({
  exporter: llamaFactory,
  write: (exporter, input, to) => writeExport({ exporter, input, to, facts: MADE_UP_FACTS }),
  read: (folder) => readMessageFolder(folder, ["sft.jsonl", "sft-validation.jsonl"]),
  readSplit: async (folder, split) => (await messageRows(join(folder, fileOf(split)))).map(pairOfMessages),
});

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "llama-factory-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function exported(name: string, options: MadeUpExport): Promise<string> {
  const to = join(root, name);
  await writeExport({ exporter: llamaFactory, input: madeUpExport(options), to, facts: MADE_UP_FACTS });
  return to;
}

const fileOf = (split: string) => (split === "train" ? "sft.jsonl" : `sft-${split}.jsonl`);

test("dataset_info names the sharegpt form, its columns and every tag, for each split", async () => {
  const folder = await exported("info", { plain: true, splits: ["train", "validation"] });
  const info = JSON.parse(await readFile(join(folder, "dataset_info.json"), "utf8")) as Record<string, unknown>;
  const entry = {
    file_name: "sft.jsonl",
    formatting: "sharegpt",
    columns: { messages: "messages", images: "images" },
    tags: {
      role_tag: "role",
      content_tag: "content",
      user_tag: "user",
      assistant_tag: "assistant",
      system_tag: "system",
    },
  };
  assert.deepEqual(info, {
    imagenet_think_sft: entry,
    imagenet_think_sft_validation: { ...entry, file_name: "sft-validation.jsonl" },
  });
});

test("a row has as many marks as pictures, none in the answer, and a relative path", async () => {
  for (const row of await messageRows(join(await exported("marks", { plain: true }), "sft.jsonl"))) {
    const [asked, said] = row.messages as { role: string; content: string }[];
    assert.deepEqual([asked?.role, said?.role], ["user", "assistant"]);
    assert.equal(asked?.content.split("<image>").length, 2);
    assert.doesNotMatch(said?.content ?? "", /<image>/);
    assert.match(String((row.images as string[])[0]), /^[^/].*\.(JPEG|jpg)$/);
  }
});

test("the sample configuration is long enough and keeps the empty think block out of the loss", async () => {
  const config = async (name: string, options: MadeUpExport) =>
    readFile(join(await exported(name, { plain: true, ...options }), "train.yaml"), "utf8");
  const both = await config("yaml-both", { splits: ["train", "validation"] });
  assert.match(both, /^cutoff_len: 64512$/m);
  assert.match(both, /^enable_thinking: true$/m);
  assert.match(both, /^dataset: imagenet_think_sft$/m);
  assert.match(both, /^eval_dataset: imagenet_think_sft_validation$/m);
  assert.match(both, /7 at 1024/);
  const answers = await config("yaml-answer", { parts: "answer", withPixels: true });
  assert.match(answers, /^enable_thinking: false$/m);
  assert.match(answers, /^media_dir: \.$/m);
});
