import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type AblationImage, readAblationImages, readAblationManifest } from "../../export/index.js";
import { dialectNamed } from "../../parsing/index.js";
import { openStore } from "../../store/index.js";
import { writeMadeUpRun } from "../../testing/index.js";
import type { groupPictures } from "../near-duplicates.js";
import type { AblationOptions } from "./plan.js";
import { ablationRun } from "./run.js";

const IMAGES = 150;
let base = "";
let run = "";

/** kimi leaves every twentieth picture, answers some without thinking, and writes a mark into a few. */
function reply(place: number, model: string): string | null {
  if (model === "glm") return `<think>I see ${place}.</think><answer>Picture ${place}.</answer>`;
  if (place % 20 === 19) return null;
  return `◁think▷Hm ${place}◁/think▷It is ${place}${place % 60 === 5 ? " <image>" : ""}.`;
}

/** Made-up pictures have no pixels: every third and the one after it are near-duplicates. */
const group: typeof groupPictures = async ({ images }) => ({
  rule: "difference-hash/1",
  maxDistance: 4,
  pictures: new Map(
    images.map(({ id }, place) => {
      const first = place % 3 === 1 ? images[place - 1] : undefined;
      return [id, { hash: "0123456789abcdef", group: first?.id ?? id }];
    }),
  ),
});

before(async () => {
  base = await mkdtemp(join(tmpdir(), "ablation-run-"));
  run = join(base, "run");
  await writeMadeUpRun({
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
async function written(options: Partial<AblationOptions> = {}) {
  made += 1;
  const to = options.to ?? join(base, `out-${made}`);
  const silent = { say: () => undefined, onProgress: () => undefined, onArm: () => undefined };
  const shape = { trainer: "ms-swift", base: "a/model", template: null, teachers: null, people: null, tokenizer: null };
  const numbers = { heldOut: 0.1, budget: "steps", epochs: 1, withPixels: false };
  const done = await ablationRun(run, { to, ...shape, ...numbers, ...silent, ...options }, group);
  const images: AblationImage[] = [];
  for await (const image of readAblationImages(to)) images.push(image);
  return { to, done, images, manifest: await readAblationManifest(to) };
}

/** The one that most tests look at. */
let usual: Promise<Awaited<ReturnType<typeof written>>> | null = null;
const standing = () => {
  usual ??= written();
  return usual;
};

interface Row {
  readonly image_id: string;
  readonly teacher: string;
  readonly messages: readonly { readonly content: string }[];
}
async function rowsOf(folder: string): Promise<readonly Row[]> {
  const text = await readFile(join(folder, "sft.jsonl"), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}
const idsOf = (rows: readonly Row[]) => [...new Set(rows.map((row) => row.image_id))];

test("all arms show the same pictures, and none shows one that is held out or nearly the same as one", async () => {
  const { to, manifest, images } = await standing();
  const held = new Set(images.filter(({ split }) => split === "held-out").map((image) => image.group));
  const shown = new Map<string, readonly string[]>();
  for (const arm of manifest.arms) {
    const rows = await rowsOf(join(to, arm.folder));
    assert.equal(rows.length, arm.pairs, arm.name);
    const ids = idsOf(rows);
    shown.set(arm.name, ids);
    assert.equal(ids.length, arm.images, arm.name);
    for (const { image_id, group: name } of images) assert.ok(!(ids.includes(image_id) && held.has(name)), image_id);
    if (!arm.factors.includes("size")) assert.deepEqual(ids, shown.get("base"), arm.name);
  }
  const rows = await rowsOf(join(to, manifest.heldOut.folder));
  assert.equal(rows.length, manifest.heldOut.pairs);
  assert.deepEqual(
    idsOf(rows),
    images.filter(({ split }) => split === "held-out").map((image) => image.image_id),
  );
  assert.ok(!(await readdir(join(to, "held-out"))).includes("train.sh"));
});

test("pictures that not every teacher answered with all parts are in no arm, and are counted by reason", async () => {
  const { manifest, images, done } = await standing();
  assert.deepEqual(manifest.leftOut, {
    "picture of a person class, marked for review": 1,
    "not every teacher answered it": 7,
    "a teacher's text about it holds tags or special tokens of its readers": 3,
  });
  assert.equal(images.length, IMAGES - 11);
  assert.deepEqual(done.leftOut, manifest.leftOut);
  const all = await written({ people: "include", teachers: ["glm"] });
  assert.deepEqual(all.manifest.leftOut, {});
});

test("an arm's texts hold the parts and teachers it is about, and every arm's card adds up to its cells", async () => {
  const { to, manifest } = await standing();
  for (const { name, folder, parts, teachers } of manifest.arms) {
    const rows = await rowsOf(join(to, folder));
    assert.deepEqual([...new Set(rows.map((row) => row.teacher))].sort(), [...teachers].sort(), name);
    for (const { messages } of rows) {
      const said = messages[1]?.content ?? "";
      assert.equal(said.startsWith("<think>\n"), parts !== "answer", name);
      assert.equal(/(Picture|It is) \d/.test(said), parts !== "thinking", name);
    }
    const card = await readFile(join(to, folder, "README.md"), "utf8");
    assert.match(card, new RegExp(`That is all ${IMAGES * teachers.length} cells`), name);
  }
});

test("arms below 100 pairs are left out and said; a run that leaves no base arm is refused", async () => {
  const { manifest, done, to } = await standing();
  assert.deepEqual(
    manifest.refused.map(({ name }) => name),
    ["size-01", "size-04", "size-16"],
  );
  assert.deepEqual(done.refused, manifest.refused);
  assert.match(await readFile(join(to, "README.md"), "utf8"), /Not written: `size-01` \(2 pairs/);
  const small = join(base, "small");
  await writeMadeUpRun({
    store: await openStore(small, { say: () => undefined }),
    pictures: join(base, "small-pictures"),
    images: 30,
    models: [{ name: "glm", dialect: dialectNamed("glm") }],
    reply,
  });
  const big = run;
  run = small;
  await assert.rejects(written(), { name: "UserError", message: /leaves 27 pictures to train on.*100 pairs/ });
  run = big;
});

test("a folder that is not empty is refused before a picture is looked at, a held-out set without pairs before anything is written", async () => {
  const { to } = await standing();
  const silent = { say: () => undefined, onProgress: () => undefined, onArm: () => undefined };
  const asked = { trainer: "trl", base: "a/model", template: null, teachers: null, people: null, tokenizer: null };
  const options = { ...asked, heldOut: 0.1, budget: "steps", epochs: 1, withPixels: false, ...silent };
  const never: typeof groupPictures = () => Promise.reject(new Error("pictures were looked at"));
  await assert.rejects(ablationRun(run, { ...options, to }, never), { name: "UserError", message: /is not empty/ });
  // What kimi left unanswered hangs together, and so does all else; of the two groups this seed draws `rest`.
  const unanswered: typeof groupPictures = async ({ images }) => ({
    rule: "difference-hash/1",
    maxDistance: 4,
    pictures: new Map(
      images.map(({ id }, place) => [id, { hash: "0123456789abcdef", group: place % 20 === 19 ? "rest" : "left" }]),
    ),
  });
  const none = ablationRun(run, { ...options, to: join(base, "none"), heldOut: 0.01 }, unanswered);
  await assert.rejects(none, { name: "UserError", message: /none of the pictures drawn to be held out has a pair/ });
});

test("every arm is trained for the steps that the manifest states, from the same model and seed", async () => {
  for (const [trainer, config, steps] of [
    ["llama-factory", "train.yaml", /^max_steps: (\d+)$/m],
    ["trl", "train.py", /max_steps=(\d+),/],
    ["ms-swift", "train.sh", /--max_steps (\d+) /],
  ] as const) {
    const { to, manifest } = await written({
      trainer,
      budget: "tokens",
      epochs: 3,
      base: "Qwen/Qwen3-VL-4B-Instruct",
    });
    const shared = new Set<string>();
    for (const arm of manifest.arms) {
      assert.equal(arm.config, config);
      const text = await readFile(join(to, arm.folder, config), "utf8");
      assert.equal(Number(steps.exec(text)?.[1]), arm.budget.steps, arm.name);
      const tokens = manifest.arms[0]?.budget.tokens ?? 0;
      assert.ok(Math.abs(arm.budget.tokens / tokens - 1) < 0.02, `${arm.name}: ${arm.budget.tokens} of ${tokens}`);
      if (arm.parts === "both") shared.add(text.replace(steps, ""));
    }
    const told = [...shared].map((text) => text.replace(/Pairs longer than a limit.*/, ""));
    assert.equal(new Set(told).size, 1, trainer);
  }
});

test("pictures are written once beside the arms where they are asked for, with their terms", async () => {
  const { to, manifest, images } = await written({ withPixels: true });
  assert.deepEqual(manifest.pictures, { folder: "pictures", included: true });
  for (const { file_name, image_sha256 } of images) {
    const bytes = await readFile(join(to, "pictures", file_name));
    assert.equal(createHash("sha256").update(bytes).digest("hex"), image_sha256);
  }
  assert.match(await readFile(join(to, "pictures", "TERMS.md"), "utf8"), /ImageNet/);
  assert.match(await readFile(join(to, "arms", "base", "train.sh"), "utf8"), /ROOT_IMAGE_DIR:-\.\.\/\.\.\/pictures\}/);
});

test("the same line gives the same bytes", async () => {
  const [first, second] = [await standing(), await written()];
  const files = (await readdir(first.to, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  assert.ok(files.length > 30);
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name);
    assert.deepEqual(await readFile(path), await readFile(path.replace(first.to, second.to)), path);
  }
});

test("what cannot be done is one sentence, and nothing is left behind", async () => {
  const full = join(base, "full");
  await mkdir(full);
  await writeFile(join(full, "mine.txt"), "mine");
  const before = await readdir(base);
  for (const [options, error] of [
    [{ trainer: "llama-factori" }, { name: "UsageError", message: /did you mean "llama-factory"/ }],
    [{ teachers: ["kimmi"] }, { name: "UsageError", message: /did you mean "kimi"/ }],
    [{ budget: "step" }, { name: "UsageError", message: /did you mean "steps"/ }],
    [{ heldOut: 0.7 }, { name: "UsageError", message: /--held-out 0.7/ }],
    [{ epochs: 0 }, { name: "UsageError", message: /--epochs/ }],
    [{ people: "all" }, { name: "UsageError", message: /--people/ }],
    [{ template: "qwen2_vl" }, { name: "UsageError", message: /--template is LLaMA-Factory's/ }],
    [{ trainer: "llama-factory" }, { name: "UsageError", message: /--base a\/model.*--template/ }],
    [{ to: full }, { name: "UserError", message: /not empty/ }],
  ] as const) {
    await assert.rejects(written(options), error, JSON.stringify(options));
  }
  assert.deepEqual(await readdir(full), ["mine.txt"]);
  assert.deepEqual(await readdir(base), before);
});

test("an ablation killed in the middle leaves nothing under its name, and the next one clears up", async () => {
  const to = join(base, "killed");
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { ablationRun } from ${url("./run.js")};
    const pictures = (images) => new Map(images.map(({ id }) => [id, { hash: "0123456789abcdef", group: id }]));
    await ablationRun(${JSON.stringify(run)}, { to: ${JSON.stringify(to)}, trainer: "ms-swift", base: "a/model",
      template: null, teachers: null, heldOut: 0.1, budget: "steps", epochs: 1, people: null, withPixels: false,
      tokenizer: null, say() {}, onProgress() {},
      onArm() { process.stdout.write("arm"); for (;;); } },
      async ({ images }) => ({ rule: "difference-hash/1", maxDistance: 4, pictures: pictures(images) }));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  const left = async () => (await readdir(base)).filter((name) => name.includes("killed"));
  assert.equal((await left()).length, 1);
  assert.match((await left())[0] ?? "", /^\.killed\.writing\./);
  await written({ to });
  assert.deepEqual(await left(), ["killed"]);
});
