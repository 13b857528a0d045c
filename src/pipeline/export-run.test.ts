import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exporters } from "../export/index.js";
import { dialectNamed } from "../parsing/index.js";
import type { SampleImage } from "../records/index.js";
import { openStore } from "../store/index.js";
import { writeMadeUpRun } from "../testing/index.js";
import { type ExportRunOptions, exportRun } from "./export-run.js";

const IMAGES = 60;
let base = "";
let run = "";
let sample: readonly SampleImage[] = [];

/** glm answers all; kimi leaves every tenth picture and writes a mark into every twelfth. */
function reply(place: number, model: string): string | null {
  if (model === "glm") return `<think>I see ${place}.</think><answer>Picture ${place}.</answer>`;
  if (place % 10 === 9) return null;
  return `◁think▷Hm ${place}◁/think▷It is ${place}${place % 12 === 5 ? " <image>" : ""}.`;
}

before(async () => {
  base = await mkdtemp(join(tmpdir(), "export-run-"));
  run = join(base, "run");
  sample = await writeMadeUpRun({
    store: await openStore(run, { say: () => undefined }),
    pictures: join(base, "pictures"),
    images: IMAGES,
    models: [
      { name: "glm", dialect: dialectNamed("glm") },
      { name: "kimi", dialect: dialectNamed("kimi") },
    ],
    reply,
    isReview: (place) => place === 7,
  });
});
after(() => rm(base, { recursive: true, force: true }));

let made = 0;
async function exported(options: Partial<ExportRunOptions>) {
  made += 1;
  const to = join(base, `out-${made}`);
  const defaults = { teachers: null, parts: "both", thinking: null, subset: null, split: null, escape: false };
  const more = { withPixels: false, people: null, tokenizer: null, say: () => undefined };
  const done = await exportRun(run, { format: "jsonl", to, ...defaults, ...more, ...options });
  const manifest = JSON.parse(await readFile(join(options.to ?? to, "manifest.json"), "utf8"));
  return { to, done, manifest, card: await readFile(join(options.to ?? to, "README.md"), "utf8") };
}

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
const idsOf = async (path: string) => [...new Set((await linesOf(path)).map((row) => String(row.image_id)))];

test("every answered pair goes out, and what stays behind adds up to the cells", async () => {
  const { to, manifest, card, done } = await exported({});
  assert.equal((await linesOf(join(to, "pairs.jsonl"))).length, 112);
  assert.deepEqual(manifest.pairs.heldBack, { "picture of a person class, marked for review": 2 });
  assert.equal(done.leftOut, 8);
  assert.match(card, /That is all 120 cells/);
  const all = await exported({ people: "include" });
  assert.equal(all.done.rows, 114);
});

test("only the teachers that are named go out, in the order they are named", async () => {
  const { to } = await exported({ teachers: ["kimi"] });
  assert.deepEqual([...new Set((await linesOf(join(to, "pairs.jsonl"))).map((row) => row.teacher))], ["kimi"]);
  const both = await exported({ teachers: ["kimi", "glm"], format: "imagefolder" });
  const [row] = await linesOf(join(both.to, "train", "metadata.jsonl"));
  assert.deepEqual([row?.teacher_1, row?.teacher_2], ["kimi", "glm"]);
  await assert.rejects(exported({ teachers: ["kimmi"] }), { name: "UsageError", message: /did you mean "kimi"/ });
  await assert.rejects(exported({ teachers: ["glm", "glm"] }), { name: "UsageError", message: /twice/ });
});

test("thinking or answer alone leave the other part out", async () => {
  const thinking = await linesOf(join((await exported({ parts: "thinking" })).to, "pairs.jsonl"));
  assert.deepEqual([thinking[0]?.thinking, thinking[0]?.answer, thinking[0]?.answer_tokens], ["I see 0.", null, null]);
  const answers = await linesOf(join((await exported({ parts: "answer", format: "ms-swift" })).to, "sft.jsonl"));
  assert.deepEqual(((answers[0]?.messages ?? []) as { content: string }[])[1]?.content, "Picture 0.");
  await assert.rejects(exported({ parts: "thought" }), { name: "UsageError", message: /thinking/ });
});

test("a wide row goes out only where every teacher answered, and the rest is counted", async () => {
  const { done, manifest, card } = await exported({ format: "webdataset" });
  assert.equal(done.rows, 53);
  assert.equal(manifest.pairs.heldBack["another teacher has no pair of this picture, and a row holds all"], 6);
  assert.match(card, /That is all 120 cells/);
});

test("a text with marks of its readers stays behind where texts are composed, or goes out escaped, and both are said", async () => {
  const { to, manifest, card } = await exported({ format: "llama-factory" });
  assert.equal(manifest.pairs.heldBack["its text holds tags or special tokens of its readers"], 4);
  assert.doesNotMatch(await readFile(join(to, "sft.jsonl"), "utf8"), /\d <image>/);
  assert.match(card, /That is all 120 cells/);
  const escaped = await exported({ format: "llama-factory", escape: true });
  assert.equal(escaped.done.escaped, 4);
  assert.equal(escaped.done.rows, 112);
  assert.match(await readFile(join(escaped.to, "sft.jsonl"), "utf8"), /It is 5 &#60;image>\./);
  assert.match(escaped.card, /4 pairs held tags or special tokens/);
  // A table has columns of its own for both parts, so nothing in them can be taken for a mark.
  assert.match(await readFile(join((await exported({})).to, "pairs.jsonl"), "utf8"), /It is 5 <image>\./);
});

test("a smaller subset is part of a larger one, and no class exceeds another by more than one", async () => {
  let earlier: readonly string[] = [];
  for (const subset of [1, 5, 16, 40]) {
    const ids = await idsOf(join((await exported({ subset })).to, "pairs.jsonl"));
    assert.equal(ids.length, subset);
    for (const id of earlier) assert.ok(ids.includes(id), id);
    const counts = ["n02123045", "n07920052", "n04265904"].map(
      (wnid) => ids.filter((id) => id.startsWith(wnid)).length,
    );
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join());
    earlier = ids;
  }
  const { manifest, card } = await exported({ subset: 5 });
  assert.match(card, /That is all 120 cells/);
  assert.equal(manifest.options.subset, 5);
});

test("a subset of more pictures than there are is said", async () => {
  const said: string[] = [];
  const say = (sentence: string) => said.push(sentence);
  await exported({ subset: 9_999, say });
  await exported({ subset: 5, say });
  assert.deepEqual(said, ["--subset 9999: no more than 59 pictures can go out, and all of them do"]);
});

test("a split is by picture, seeded, and the same for every choice of teachers and every subset", async () => {
  const split = "train=0.9,validation=0.1";
  const { to, manifest } = await exported({ split });
  const [train, validation] = [
    await idsOf(join(to, "pairs-train.jsonl")),
    await idsOf(join(to, "pairs-validation.jsonl")),
  ];
  assert.equal(validation.length + train.length, IMAGES - 1);
  assert.ok(validation.length === 6 || validation.length === 5);
  assert.deepEqual(
    train.filter((id) => validation.includes(id)),
    [],
  );
  assert.deepEqual(manifest.options.splits, ["train", "validation"]);
  const other = await exported({ split, teachers: ["kimi"], format: "llama-factory" });
  for (const id of await idsOf(join(other.to, "sft-validation.jsonl"))) assert.ok(validation.includes(id));
  for (const wrong of ["train", "train=0.5", "train=0.9,train=0.1", "train=2,x=-1", "../a=1", "train=0.5,b=0.5,c="]) {
    await assert.rejects(exported({ split: wrong }), { name: "UsageError" }, wrong);
  }
});

test("exporting twice gives the same bytes in every format, with pixels and without", async () => {
  for (const { format } of exporters) {
    for (const withPixels of format === "huggingface" ? [false, true] : [true]) {
      const options = { format, withPixels, split: "train=0.8,held=0.2" };
      const [one, two] = [await exported(options), await exported(options)];
      assert.deepEqual(await hashes(one.to), await hashes(two.to), format);
    }
  }
});

test("tokens are columns, the tokenizer is named, and cuts are counted", async () => {
  const { to, manifest, card } = await exported({});
  const [row] = await linesOf(join(to, "pairs.jsonl"));
  assert.deepEqual([row?.thinking_tokens, row?.answer_tokens, row?.pair_tokens], [4, 3, 7]);
  assert.match(manifest.lengths.tokenizer, /^estimate\/1/);
  assert.deepEqual(manifest.lengths.cuts[0], { limit: 1024, pairs: 0 });
  assert.match(card, /\| 8,192 \| 0 \| 112 \|/);
  await assert.rejects(exported({ tokenizer: join(base, "none") }), { name: "UserError", message: /tokenizer\.json/ });
  await writeFile(join(base, "broken.json"), "{}");
  await assert.rejects(exported({ tokenizer: join(base, "broken.json") }), {
    name: "UserError",
    message: /no Hugging Face/,
  });
});

test("what cannot be done is one sentence, and nothing is left behind", async () => {
  const before = await readdir(base);
  await assert.rejects(exported({ format: "parket" }), { name: "UsageError", message: /"parket"/ });
  await assert.rejects(exported({ format: "llama-factory", thinking: "field" }), {
    name: "UsageError",
    message: /drop/,
  });
  await assert.rejects(exported({ thinking: "boxes" }), { name: "UsageError" });
  await assert.rejects(exported({ people: "all" }), { name: "UsageError" });
  const full = join(base, "full");
  await mkdir(full);
  await writeFile(join(full, "mine.txt"), "mine");
  await assert.rejects(exported({ to: full }), { name: "UserError", message: /not empty/ });
  assert.deepEqual(await readdir(full), ["mine.txt"]);
  await rm(full, { recursive: true });
  const changed = join(base, "pictures", sample[3]?.fileName ?? "");
  const bytes = await readFile(changed);
  await writeFile(changed, "another picture");
  await assert.rejects(exported({ format: "trl", withPixels: true }), {
    name: "UserError",
    message: /has changed since the gate.*leave --with-pixels out/,
  });
  await writeFile(changed, bytes);
  assert.deepEqual(await readdir(base), before);
});

test("an export killed in the middle leaves nothing under its name, and the next one clears up", async () => {
  const to = join(base, "killed");
  const script = `
    import { exportRun } from ${JSON.stringify(new URL("./export-run.js", import.meta.url).href)};
    import { exporters } from ${JSON.stringify(new URL("../export/index.js", import.meta.url).href)};
    const jsonl = exporters.find((exporter) => exporter.format === "jsonl");
    const write = jsonl.write;
    jsonl.write = async (input, folder) => {
      const done = await write(input, folder);
      process.stdout.write("written");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      return done;
    };
    await exportRun(${JSON.stringify(run)}, { format: "jsonl", to: ${JSON.stringify(to)}, teachers: null, parts: "both",
      thinking: null, subset: null, split: null, escape: false, withPixels: false, people: null, tokenizer: null, say() {} });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  const left = (await readdir(base)).filter((name) => name.includes("killed"));
  assert.equal(left.length, 1);
  assert.match(left[0] ?? "", /^\.killed\.writing\./);
  await exported({ to });
  assert.deepEqual(
    (await readdir(base)).filter((name) => name.includes("killed")),
    ["killed"],
  );
});

async function hashes(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = files.sort().map(async (path) => {
    const hash = createHash("sha256").update(await readFile(path));
    return [path.slice(folder.length), hash.digest("hex")] as const;
  });
  return new Map(await Promise.all(pairs));
}
