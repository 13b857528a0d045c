import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exporterSuite } from "../testing/exporter-suite.js";
import { MADE_UP_FACTS, type MadeUpExport, madeUpExport } from "../testing/made-up-export.js";
import { messageRows, pairOfMessages, readMessageFolder } from "../testing/message-rows.js";
import { msSwift } from "./ms-swift.js";
import { writeExport } from "./write-export.js";

exporterSuite({
  exporter: msSwift,
  write: (exporter, input, to) => writeExport({ exporter, input, to, facts: MADE_UP_FACTS }),
  read: (folder) => readMessageFolder(folder, ["sft.jsonl", "sft-validation.jsonl"]),
  readSplit: async (folder, split) => (await messageRows(join(folder, fileOf(split)))).map(pairOfMessages),
});

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "ms-swift-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function exported(name: string, options: MadeUpExport): Promise<string> {
  const to = join(root, name);
  await writeExport({ exporter: msSwift, input: madeUpExport(options), to, facts: MADE_UP_FACTS });
  return to;
}

const fileOf = (split: string) => (split === "train" ? "sft.jsonl" : `sft-${split}.jsonl`);

test("a message has a role and content and nothing that ms-swift would remove", async () => {
  for (const row of await messageRows(join(await exported("keys", { plain: true }), "sft.jsonl"))) {
    for (const message of row.messages as object[]) assert.deepEqual(Object.keys(message), ["role", "content"]);
    assert.equal((row.messages as { content: string }[])[0]?.content.startsWith("<image>"), true);
  }
});

test("the sample script is strict, because rows are dropped in silence otherwise", async () => {
  const script = await readFile(join(await exported("script", { plain: true }), "train.sh"), "utf8");
  assert.match(script, /--strict true/);
  assert.match(script, /ROOT_IMAGE_DIR=/);
  assert.match(script, /--max_length 64512/);
});
