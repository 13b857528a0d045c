import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { AblationImage, AblationManifest } from "../../export/index.js";
import { dialectNamed } from "../../parsing/index.js";
import { openStore } from "../../store/index.js";
import { writeMadeUpRun } from "../../testing/index.js";
import type { groupPictures } from "../near-duplicates.js";
import { checkAblation } from "./check.js";
import { ablationRun } from "./run.js";

const WORDS = "It stands on a long table beside a window, and the light comes from the left side. ".repeat(3);
let base = "";

/** Every picture is its own group: hashes of this kind are some 32 bits apart. */
const group: typeof groupPictures = async ({ images }) => ({
  rule: "difference-hash/1",
  maxDistance: 4,
  pictures: new Map(
    images.map(({ id }) => [id, { hash: createHash("sha256").update(id).digest("hex").slice(0, 16), group: id }]),
  ),
});

before(async () => {
  base = await mkdtemp(join(tmpdir(), "check-ablation-"));
  const run = join(base, "run");
  await writeMadeUpRun({
    store: await openStore(run, { say: () => undefined }),
    pictures: join(base, "pictures"),
    images: 120,
    models: [
      { name: "glm", dialect: dialectNamed("glm") },
      { name: "kimi", dialect: dialectNamed("kimi") },
    ],
    reply: (place, model) => `<think>${model} sees ${place}. ${WORDS}</think><answer>It is ${place}. ${WORDS}</answer>`,
  });
  for (const trainer of ["ms-swift", "llama-factory", "trl"]) {
    await ablationRun(
      run,
      {
        to: join(base, trainer),
        ...{ trainer, base: "qwen/qwen2-vl", template: null, teachers: null, people: null, tokenizer: null },
        ...{ heldOut: 0.1, budget: "steps", epochs: 1, withPixels: false },
        ...{ say: () => undefined, onProgress: () => undefined, onArm: () => undefined },
      },
      group,
    );
  }
});
after(() => rm(base, { recursive: true, force: true }));

/** A copy of an honest ablation that may be spoiled. */
interface Copy {
  readonly folder: string;
  /** Changes a text file, or writes it anew. */
  edit(path: string, change: (text: string) => string): Promise<void>;
  editLine(path: string, line: number, change: (row: Record<string, unknown>) => unknown): Promise<void>;
  editManifest(change: (manifest: AblationManifest) => unknown): Promise<void>;
  readonly images: readonly AblationImage[];
  row(path: string, line: number): Promise<Record<string, unknown>>;
}

let made = 0;
async function copyOf(trainer: string): Promise<Copy> {
  made += 1;
  const folder = join(base, `copy-${made}`);
  await cp(join(base, trainer), folder, { recursive: true });
  const linesOf = async (path: string) => (await readFile(join(folder, path), "utf8")).trimEnd().split("\n");
  const row = async (path: string, line: number) => JSON.parse((await linesOf(path))[line - 1] ?? "");
  return {
    folder,
    images: (await linesOf("images.jsonl")).map((line) => JSON.parse(line) as AblationImage),
    row,
    async edit(path, change) {
      await writeFile(join(folder, path), change(await readFile(join(folder, path), "utf8")));
    },
    async editLine(path, line, change) {
      const lines = await linesOf(path);
      lines[line - 1] = JSON.stringify(change(await row(path, line)));
      await writeFile(join(folder, path), `${lines.join("\n")}\n`);
    },
    async editManifest(change) {
      const manifest = JSON.parse(await readFile(join(folder, "ablation.json"), "utf8")) as AblationManifest;
      await writeFile(join(folder, "ablation.json"), JSON.stringify(change(manifest)));
    },
  };
}

async function check(folder: string) {
  const found = await checkAblation(folder, { tokenizer: null, onProgress: () => undefined });
  return { ...found, sentences: found.faults.map(({ sentence }) => sentence) };
}

async function assertFound(copy: Copy, ...sentences: readonly RegExp[]): Promise<void> {
  const found = await check(copy.folder);
  for (const sentence of sentences) {
    assert.ok(
      found.sentences.some((said) => sentence.test(said)),
      `${sentence} is not among:\n${found.sentences.join("\n")}`,
    );
  }
}

for (const trainer of ["ms-swift", "llama-factory", "trl"]) {
  test(`an honest ablation for ${trainer} has no fault, and what is not proved is said`, async () => {
    const found = await check(join(base, trainer));
    assert.deepEqual(found.sentences, []);
    assert.deepEqual(found.arms.map(({ name, rows }) => `${name} ${rows}`).slice(0, 4), [
      "base 216",
      "parts-thinking 216",
      "parts-answer 216",
      "teacher-glm 108",
    ]);
    assert.equal(found.heldOut, 24);
    assert.deepEqual(found.unproved.length, 1);
    assert.match(found.unproved[0] ?? "", /pictures are not inside/);
  });
}

test("a held-out row that is copied into an arm is a leak, named by arm, file and row", async () => {
  const copy = await copyOf("ms-swift");
  const line = (await readFile(join(copy.folder, "held-out/sft.jsonl"), "utf8")).split("\n")[0] ?? "";
  await copy.edit("arms/base/sft.jsonl", (text) => `${text}${line}\n`);
  const { image_id: id, teacher } = JSON.parse(line) as Record<string, string>;
  await assertFound(
    copy,
    new RegExp(`^arm base, sft.jsonl line 217, ${id} of ${teacher}: a leak: its picture is held out`),
    /^arm base, sft.jsonl: the file was changed after it was written/,
    /^arm base, ablation.json: it says 216 pairs, and 217 are there/,
  );
});

test("a further file that a trainer would read is found, with the leaks inside", async () => {
  const copy = await copyOf("trl");
  const held = join(copy.folder, "held-out/sft/test-00000-of-00001.parquet");
  await copyFile(held, join(copy.folder, "arms/size-64/sft/train-00001-of-00002.parquet"));
  await assertFound(
    copy,
    /^arm size-64, sft\/train-00001-of-00002.parquet: a trainer reads this file too/,
    /^arm size-64, sft\/train-\*.parquet row 139, .*: a leak: its picture is held out/,
  );
});

test("a picture is held out under any name: by its bytes, by its path, by its text", async () => {
  const copy = await copyOf("ms-swift");
  const held = copy.images.find(({ split }) => split === "held-out");
  const heldRow = await copy.row("held-out/sft.jsonl", 1);
  await copy.editLine("arms/base/sft.jsonl", 1, (row) => ({ ...row, image_sha256: held?.image_sha256 }));
  await copy.editLine("arms/base/sft.jsonl", 2, (row) => ({ ...row, images: [held?.file_name] }));
  await copy.editLine("arms/base/sft.jsonl", 3, (row) => ({ ...row, messages: heldRow.messages }));
  await assertFound(
    copy,
    new RegExp(`^arm base, sft.jsonl line 1, .*: a leak: its picture has the bytes of the held-out ${held?.image_id}`),
    new RegExp(`^arm base, sft.jsonl line 2, .*: a leak: it opens ${held?.file_name}, the held-out ${held?.image_id}`),
    /^arm base, sft.jsonl line 3, .*: a leak: its text is word for word that of the held-out/,
  );
});

test("a near-duplicate on the other side of the split is a leak, whatever its group says", async () => {
  const copy = await copyOf("ms-swift");
  const heldAt = copy.images.findIndex(({ split }) => split === "held-out");
  const trainAt = copy.images.findIndex(({ split }) => split === "train");
  const hash = copy.images[heldAt]?.difference_hash ?? "";
  const flipped = (BigInt(`0x${hash}`) ^ 0b1011n).toString(16).padStart(16, "0");
  await copy.editLine("images.jsonl", trainAt + 1, (image) => ({ ...image, difference_hash: flipped }));
  await assertFound(
    copy,
    /^images.jsonl, n\w+: a leak: its hash is that of a near-duplicate of n\w+, and it is in another group/,
    /^images.jsonl: it is not the file that ablation.json describes/,
  );
  const grouped = await copyOf("ms-swift");
  const group = grouped.images[heldAt]?.group;
  await grouped.editLine("images.jsonl", trainAt + 1, (image) => ({ ...image, group }));
  await assertFound(grouped, /^images.jsonl, n\w+: a leak: .* has the same group of near-duplicates/);
});

test("a text that differs from the other arms' is found, also where the manifests were made to fit", async () => {
  const copy = await copyOf("llama-factory");
  await copy.edit("arms/size-64/sft.jsonl", (text) => text.replace("beside a window", "beside a door"));
  await assertFound(
    copy,
    /^arm size-64, sft.jsonl line 1, n\w+ of glm: its thinking is not the one that the arm \S+ has/,
    /^arm size-64, sft.jsonl: the file was changed/,
  );
});

test("a missing row, a row that is there twice and a row of another teacher are found", async () => {
  const copy = await copyOf("ms-swift");
  const first = (await copy.row("arms/teacher-glm/sft.jsonl", 1)).image_id;
  await copy.edit("arms/teacher-glm/sft.jsonl", (text) => text.slice(text.indexOf("\n") + 1));
  await copy.edit("arms/teacher-kimi/sft.jsonl", (text) => text + text.slice(0, text.indexOf("\n") + 1));
  const other = await copy.row("arms/base/sft.jsonl", 2);
  await copy.editLine("arms/teachers-in-turn/sft.jsonl", 1, () => other);
  await assertFound(
    copy,
    new RegExp(`^arm teacher-glm, arms/teacher-glm, ${first} of glm: the row is missing`),
    /^arm teacher-kimi, sft.jsonl line 109, .*: the row is there twice/,
    /^arm teachers-in-turn, sft.jsonl line 1, .* of kimi: ablation.json and images.jsonl promise no such row here/,
  );
});

test("a part that an arm leaves out, and one that it lacks, are found", async () => {
  const copy = await copyOf("ms-swift");
  const whole = await copy.row("arms/base/sft.jsonl", 1);
  await copy.editLine("arms/parts-thinking/sft.jsonl", 1, (row) => ({ ...row, messages: whole.messages }));
  await copy.editLine("arms/base/sft.jsonl", 3, (row) => ({
    ...row,
    messages: [(whole.messages as unknown[])[0], { role: "assistant", content: "It is." }],
  }));
  await assertFound(
    copy,
    /^arm parts-thinking, sft.jsonl line 1, .*: its text is not thinking and answer in the form of this arm/,
    /^arm base, sft.jsonl line 3, .*: it has no thinking, and the arm is to learn it/,
  );
});

const EDITS: readonly (readonly [string, string, string, RegExp])[] = [
  [
    "llama-factory",
    "size-64/train.yaml",
    "learning_rate: 1.0e-5|learning_rate: 1.0e-4",
    /line \d+: it says "learning_rate: 1.0e-4" where the arm base says/,
  ],
  ["llama-factory", "size-64/train.yaml", "max_steps: 14|max_steps: 15", /its steps is 15, and ablation.json says 14/],
  [
    "llama-factory",
    "parts-answer/train.yaml",
    "enable_thinking: false|enable_thinking: true",
    /nothing keeps an empty think block out/,
  ],
  ["ms-swift", "teacher-glm/train.sh", "--seed 1|--seed 2", /it says " {2}--seed 2 /],
  ["ms-swift", "base/train.sh", "--model qwen|--model other", /its model is other\/qwen2-vl/],
  ["trl", "teacher-kimi/train.py", "learning_rate=1e-5|learning_rate=1e-3", /it says " {4}learning_rate=1e-3,"/],
  [
    "trl",
    "parts-answer/train.py",
    '"enable_thinking": False|"enable_thinking": True',
    /nothing keeps an empty think block/,
  ],
];
for (const [trainer, file, change, sentence] of EDITS) {
  test(`a configuration that was edited is found: ${file}, ${change.split("|")[1]}`, async () => {
    const copy = await copyOf(trainer);
    const [from = "", to = ""] = change.split("|");
    await copy.edit(`arms/${file}`, (text) => {
      assert.ok(text.includes(from), text);
      return text.replace(from, to);
    });
    const { sentences } = await check(copy.folder);
    const arm = file.split("/")[0];
    assert.ok(
      sentences.some((said) => said.startsWith(`arm ${arm}, train.`) && sentence.test(said)),
      sentences.join("\n"),
    );
  });
}

test("tokens, budgets, sizes and classes must be as the manifest says", async () => {
  const copy = await copyOf("ms-swift");
  await copy.editManifest((manifest) => ({
    ...manifest,
    arms: manifest.arms.map((arm) => ({
      ...arm,
      ...(arm.name === "base" ? { tokens: { ...arm.tokens, text: arm.tokens.text + 1 }, emptyClasses: 1 } : {}),
      ...(arm.name === "teacher-glm" ? { budget: { ...arm.budget, steps: 7 } } : {}),
      ...(arm.name === "size-64" ? { share: 0.5 } : {}),
    })),
  }));
  await assertFound(
    copy,
    /^arm base, ablation.json: it says \d+ tokens of text, and the rows have \d+/,
    /^arm base, ablation.json: 0 classes are empty, and it says 1/,
    /^arm teacher-glm, ablation.json: 7 steps of 16 are not 224 examples/,
    /^arm teacher-glm, ablation.json: its budget of 7 steps is not that of the arm base, 14/,
    /^arm size-64, ablation.json: 69 pictures are not 50 % of the 108/,
  );
});

test("an order in which one class runs ahead is found", async () => {
  const copy = await copyOf("ms-swift");
  const train = copy.images.filter(({ split }) => split === "train");
  const ordered = [...train].sort((a, b) => ((a.wnid ?? "") < (b.wnid ?? "") ? -1 : 1));
  const ranks = new Map(ordered.map(({ image_id }, rank) => [image_id, rank]));
  const lines = copy.images.map((image) => JSON.stringify({ ...image, rank: ranks.get(image.image_id) ?? null }));
  await writeFile(join(copy.folder, "images.jsonl"), `${lines.join("\n")}\n`);
  await assertFound(
    copy,
    /^arm size-64, ablation.json: the class n\d+ has \d+ pictures and n\d+ has \d+, though \d+ are there/,
  );
});

test("pictures that are there must have the right bytes", async () => {
  const copy = await copyOf("ms-swift");
  const pictures = join(base, "own-pictures");
  await cp(join(base, "pictures"), pictures, { recursive: true });
  await symlink(pictures, join(copy.folder, "pictures"));
  assert.deepEqual((await check(copy.folder)).faults, []);
  const [one, two] = copy.images;
  await writeFile(join(pictures, one?.file_name ?? ""), "other");
  await rm(join(pictures, two?.file_name ?? ""));
  await assertFound(
    copy,
    new RegExp(`^pictures/${one?.file_name}, ${one?.image_id}: the picture has another SHA-256`),
    new RegExp(`^pictures/${two?.file_name}, ${two?.image_id}: the picture cannot be read`),
  );
});

test("an arm that is gone or cut off is one sentence, and a thousand faults are counted", async () => {
  const copy = await copyOf("ms-swift");
  await rm(join(copy.folder, "arms/base"), { recursive: true });
  await copy.edit("arms/parts-answer/sft.jsonl", (text) => text.slice(0, -40));
  await copy.edit("arms/teacher-glm/sft.jsonl", (text) => text.replaceAll("window", "door"));
  const found = await check(copy.folder);
  assert.equal(found.faults.length, 100);
  assert.ok(found.faultCount > 100);
  const text = found.sentences.join("\n");
  assert.deepEqual(found.arms[0], { name: "base", rows: null });
  assert.match(text, /arm base, arms\/base: .*holds no export/);
  assert.match(text, /arm teacher-glm, sft.jsonl line 1, .*: its thinking is not the one/);
});

test("a folder that is no ablation is refused", async () => {
  await assert.rejects(check(base), { name: "UserError", message: /holds no ablation/ });
});
