import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parquetWriteFile } from "hyparquet-writer";
import sharp from "sharp";
import type { Pair } from "../records/index.js";
import { importReleased } from "./import-released.js";
import { readStatus } from "./read-status.js";
import { StopSwitch } from "./stop-switch.js";
import { streamPairs } from "./stream-pairs.js";

let base = "";
before(async () => {
  base = await mkdtemp(join(tmpdir(), "import-released-"));
});
after(() => rm(base, { recursive: true, force: true }));

const GLM = "<think>Stripes.</think><answer>A tabby.</answer>";
const KIMI = "◁think▷Whiskers.◁/think▷A cat.";

type Columns = Readonly<Record<string, readonly (string | Uint8Array | null)[]>>;
async function setOf(name: string, columns: Columns): Promise<string> {
  const path = join(base, `${name}.parquet`);
  const columnData = Object.entries(columns).map(([column, data]) => ({
    name: column,
    data: [...data],
    type: data.some((value) => value instanceof Uint8Array) ? ("BYTE_ARRAY" as const) : ("STRING" as const),
    nullable: true,
  }));
  await parquetWriteFile({ filename: path, columnData });
  return path;
}

async function imported(name: string, columns: Columns) {
  const out = join(base, `run-${name}`);
  const said: string[] = [];
  const done = await importReleased(await setOf(name, columns), {
    out,
    say: (sentence) => said.push(sentence),
    stop: new StopSwitch(),
    onProgress: () => undefined,
  });
  const pairs: Pair[] = [];
  for await (const pair of streamPairs(out, { model: null, outcomes: [], say: () => undefined })) pairs.push(pair);
  return { out, done, said, pairs };
}

const shortPair = ({ image, model, outcome, thinking, answer }: Pair) => [image, model, outcome, thinking, answer];

test("teachers are told apart by their tags, whichever column they stand in", async () => {
  const { pairs, done, out } = await imported("both", {
    id: ["n02123045_n02123045_7", "n02123045_8.JPEG", "n07920052_9"],
    answer_1: [KIMI, GLM, KIMI],
    answer_2: [GLM, KIMI, null],
  });
  assert.deepEqual(pairs.map(shortPair), [
    ["n02123045_7", "kimi", "answered", "Whiskers.", "A cat."],
    ["n02123045_7", "glm", "answered", "Stripes.", "A tabby."],
    ["n07920052_9", "kimi", "answered", "Whiskers.", "A cat."],
    ["n07920052_9", "glm", "missing", null, null],
    ["n02123045_8", "kimi", "answered", "Whiskers.", "A cat."],
    ["n02123045_8", "glm", "answered", "Stripes.", "A tabby."],
  ]);
  assert.equal(done?.swapped, 1);
  assert.deepEqual([pairs[0]?.finishReason, pairs[0]?.flags], ["imported", ["finish-unknown"]]);
  const { images, models } = await readStatus(out, () => undefined);
  assert.equal(images, 3);
  assert.deepEqual([models.kimi?.answered, models.glm?.answered, models.glm?.missing], [3, 2, 1]);
});

test("a set with one column of answers makes a run of one teacher", async () => {
  const { pairs } = await imported("one", { id: ["n02123045_7"], answer_2: [KIMI] });
  assert.deepEqual(pairs.map(shortPair), [["n02123045_7", "kimi", "answered", "Whiskers.", "A cat."]]);
});

test("texts without any tag are answers, and nothing is said of thinking", async () => {
  const { pairs } = await imported("plain", { id: ["n02123045_7"], answer_1: ["A tabby."], answer_2: ["A cat."] });
  assert.deepEqual(pairs.map(shortPair), [
    ["n02123045_7", "answer-1", "answered", null, "A tabby."],
    ["n02123045_7", "answer-2", "answered", null, "A cat."],
  ]);
});

test("two columns of one family stay two teachers", async () => {
  const { pairs } = await imported("twins", { id: ["n02123045_7"], answer_1: [GLM], answer_2: [GLM] });
  assert.deepEqual(
    pairs.map(({ model, outcome }) => [model, outcome]),
    [
      ["glm", "answered"],
      ["answer-2", "answered"],
    ],
  );
});

test("a set without ids is named by its rows, without a class", async () => {
  const { pairs } = await imported("nameless", { answer_1: [GLM, GLM] });
  assert.deepEqual(
    pairs.map((pair) => [/^p-[0-9a-f]{16}$/.test(pair.image), pair.class]),
    [
      [true, null],
      [true, null],
    ],
  );
  assert.notEqual(pairs[0]?.image, pairs[1]?.image);
});

test("a second row with an id that was there is counted as a duplicate", async () => {
  const { done, pairs } = await imported("double", { id: ["n02123045_7", "n02123045_7"], answer_1: [GLM, GLM] });
  assert.deepEqual(done?.rejected, { duplicate: 1 });
  assert.equal(pairs.length, 1);
});

test("a row without its picture is counted or said, and the others are imported", async () => {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  const picture = await sharp({ create: { width: 240, height: 240, channels: 3, background: "grey", noise } })
    .jpeg()
    .toBuffer();
  const named = await imported("gap", { id: ["n1_1", "n1_2"], image: [picture, null], answer_1: [GLM, GLM] });
  assert.deepEqual([named.done?.images, named.done?.rejected], [1, { "empty-file": 1 }]);
  const nameless = await imported("nameless-gap", { image: [null, picture], answer_1: [GLM, GLM] });
  assert.equal(nameless.done?.images, 1);
  assert.match(nameless.said.join(), /row 0 of "nameless-gap\.parquet" has neither bytes nor a path/);
});

test("what is no released set is refused in one sentence, and no run is made", async () => {
  const attempt = (path: string, out = join(base, "refused")) =>
    importReleased(path, { out, say: () => undefined, stop: new StopSwitch(), onProgress: () => undefined });
  await assert.rejects(attempt(join(base, "nowhere")), { name: "UserError", message: /does not exist/ });
  await assert.rejects(attempt(await setOf("other", { id: ["a"], text: ["b"] })), {
    name: "UserError",
    message: /no column answer_1 or answer_2 among id, text/,
  });
  await writeFile(join(base, "broken.parquet"), "PAR1 this is no Parquet PAR1");
  await assert.rejects(attempt(join(base, "broken.parquet")), {
    name: "UserError",
    message: /cannot be read as Parquet/,
  });
  await mkdir(join(base, "taken"));
  await writeFile(join(base, "taken", "mine"), "");
  const set = await setOf("fine", { id: ["n02123045_7"], answer_1: [GLM] });
  await assert.rejects(attempt(set, join(base, "taken")), { name: "UserError", message: /is there already/ });
  assert.deepEqual(
    (await readdir(base)).filter((name) => name.startsWith(".") || name === "refused"),
    [],
  );
});
