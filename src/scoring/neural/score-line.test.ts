import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chatStream, startScriptedModel } from "../../testing/index.js";
import { startFakeVectorServer } from "./fake-vector-server.js";

const fixture = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "score-line-"));
after(() => rmSync(folder, { recursive: true }));

const good = copyOfCheckpoint("good");
const BERTSCORE = ["--bertscore", good, "--layer", "3"];

interface LineEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Takes command lines through the program's `main`, one after another in a process of their own. */
async function takeLines(...lines: readonly (readonly string[])[]): Promise<readonly LineEnd[]> {
  const script = `
    import { main } from ${JSON.stringify(new URL("../../cli/index.js", import.meta.url).href)};
    const put = process.stdout.write.bind(process.stdout);
    const ends = [];
    for (const line of JSON.parse(process.argv[1])) {
      const end = { stdout: "", stderr: "" };
      for (const stream of ["stdout", "stderr"]) process[stream].write = (text) => { end[stream] += text; return true; };
      ends.push({ ...end, exitCode: await main(["node", "imagenet-think", ...line]), ...end });
    }
    put(JSON.stringify(ends));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, "--", JSON.stringify(lines)]);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes) => (stdout += bytes));
  child.stderr.on("data", (bytes) => (stderr += bytes));
  await once(child, "close");
  assert.equal(stderr, "");
  return JSON.parse(stdout) as LineEnd[];
}

function copyOfCheckpoint(name: string): string {
  const copy = join(folder, name);
  cpSync(fixture("src/scoring/fixtures/checkpoints/bert-tiny"), copy, { recursive: true });
  return copy;
}

/** Folders with the faults a person meets, and the sentence for each. */
function badCheckpoints(): readonly (readonly [string, RegExp])[] {
  const editConfig = (copy: string, change: object) => {
    const path = join(copy, "config.json");
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }));
  };
  const [bare, reshaped, foreign] = ["bare", "reshaped", "foreign"].map(copyOfCheckpoint) as [string, string, string];
  rmSync(join(bare, "tokenizer.json"));
  editConfig(reshaped, { intermediate_size: 96 });
  editConfig(foreign, { model_type: "deberta-v2" });
  return [
    [bare, /^imagenet-think: \S+\/bare has no tokenizer\.json; save one with .*\n$/],
    [
      reshaped,
      /^imagenet-think: \S+\/model\.safetensors: the tensor \S+ is 80 × 32, and config\.json calls for 96 × 32\n$/,
    ],
    [
      foreign,
      /^imagenet-think: \S+\/foreign\/config\.json describes a model of type "deberta-v2"; supported are .*\n$/,
    ],
  ];
}

/** The last line said, which is the error. */
function errorOf({ stderr }: LineEnd): string {
  return `${stderr.trimEnd().split("\n").at(-1)}\n`;
}

test("metrics refuses a bad checkpoint in one sentence that names the file, and keeps what was scored before", async () => {
  const pairs = join(folder, "pairs.jsonl");
  const line = (id: string) =>
    JSON.stringify({ id, reference: "Three boats lie here.", hypothesis: "Here lie boats." });
  writeFileSync(pairs, [line("a"), line("b"), "{", line("c")].join("\n"));
  const out = join(folder, "scores.jsonl");
  const score = (sbert: string, bertscore: string) => [
    ...["metrics", pairs, "--metric", "rouge-l,sbert,bertscore", "--out", out],
    ...["--sbert", sbert, "--bertscore", bertscore, "--layer", "3"],
  ];
  const bad = badCheckpoints();
  const [first, ...rest] = await takeLines(
    score(good, good),
    ...bad.flatMap(([broken]) => [score(broken, good), score(good, broken)]),
  );
  assert.match(first?.stderr ?? "", /pairs\.jsonl, line 3 is not JSON/);
  for (const [place, end] of rest.entries()) {
    assert.equal(end.exitCode, 1);
    assert.match(errorOf(end), bad[place >> 1]?.[1] ?? /none/);
  }
  const kept = readFileSync(out, "utf8");
  assert.deepEqual(
    kept
      .trimEnd()
      .split("\n")
      .map((row) => (JSON.parse(row) as { id: string }).id),
    ["a", "b"],
  );
  writeFileSync(pairs, [line("a"), line("b"), line("c")].join("\n"));
  const [mended] = await takeLines(score(good, good));
  assert.equal(mended?.exitCode, 0, mended?.stderr);
  const whole = readFileSync(out, "utf8");
  assert.ok(whole.startsWith(kept) && whole.trimEnd().split("\n").length === 3);
});

/** A run of two teachers that agree in part, made by the program itself. */
const run = join(folder, "run");
const PICTURES = 6;
/** Both texts of every picture, between the two teachers. */
const CELLS = 2 * PICTURES;

before(async () => {
  const says = (words: string) =>
    startScriptedModel((image) =>
      chatStream([`<think>The picture ${image} ${words}.</think><answer>${image}</answer>`]),
    );
  const [one, two] = [await says("shows a cat on a step"), await says("has an animal, a cat perhaps")];
  try {
    const recipe = join(folder, "recipe.json");
    const teachers = [one, two].map(({ url }, place) => {
      return { name: `teacher-${place}`, endpoints: [url], model: "m", dialect: "glm", maxTokens: 16 };
    });
    const images = [{ source: "folder", path: fixture("data/photos") }];
    writeFileSync(recipe, JSON.stringify({ name: "score", images, sample: { size: PICTURES, seed: 1 }, teachers }));
    const [end] = await takeLines(["run", recipe, "--out", run]);
    assert.equal(end?.exitCode, 0, end?.stderr);
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
});

let copies = 0;

function copyOfRun(): string {
  copies += 1;
  const copy = `${run}-${copies}`;
  cpSync(run, copy, { recursive: true });
  return copy;
}

test("score refuses a bad checkpoint likewise, and goes on afterwards with what it had", async () => {
  const copy = copyOfRun();
  const score = (sbert: string, bertscore: string) => [
    ...["score", copy, "--metric", "jaccard,sbert,bertscore"],
    ...["--sbert", sbert, "--bertscore", bertscore, "--layer", "3"],
  ];
  const bad = badCheckpoints();
  const [first, ...rest] = await takeLines(
    ["score", copy, "--metric", "jaccard,sbert", "--sbert", good],
    ...bad.flatMap(([broken]) => [score(broken, good), score(good, broken)]),
    score(good, good),
  );
  assert.match(first?.stderr ?? "", new RegExp(`${2 * CELLS} scores added, 0 kept`));
  for (const [place, end] of rest.slice(0, -1).entries()) {
    assert.equal(end.exitCode, 1);
    assert.match(errorOf(end), bad[place >> 1]?.[1] ?? /none/);
  }
  assert.match(rest.at(-1)?.stderr ?? "", new RegExp(`${CELLS} scores added, ${2 * CELLS} kept`));
  assert.deepEqual(
    readdirSync(join(copy, "scores")).filter((name) => name.startsWith(".")),
    [],
  );
});

interface Table {
  readonly metrics: readonly {
    readonly metric: string;
    readonly part: string;
    readonly signature: string;
    readonly rows: readonly { readonly mean: number }[];
  }[];
}

/** The first mean of every metric, by part, name and whatever its signature says of a server. */
function meansOf(end: LineEnd | undefined): Record<string, number> {
  assert.equal(end?.exitCode, 0, end?.stderr);
  const { metrics } = JSON.parse(end?.stdout ?? "") as Table;
  return Object.fromEntries(
    metrics.map(({ part, metric, signature, rows }) => {
      const letOff = /\|server-tolerance:[^|]+$/.exec(signature)?.[0] ?? "";
      return [`${part} ${metric}${letOff}`, rows[0]?.mean ?? Number.NaN];
    }),
  );
}

test("score takes vectors from servers: the folder's own numbers; others are refused with the cause, or stand under another name", async () => {
  const halved = (vectors: Float32Array) => vectors.map((value) => Math.round(value * 1024) / 1024);
  await using sentences = await startFakeVectorServer(good, "/v1/embeddings", 5);
  await using tokens = await startFakeVectorServer(good, "/pooling", 3);
  await using halfSentences = await startFakeVectorServer(good, "/v1/embeddings", 5, halved);
  await using otherTokens = await startFakeVectorServer(good, "/pooling", 2);
  const score = (copy: string, ...more: readonly string[]) => [
    ...["score", copy, "--metric", "sbert,bertscore", "--json", "--sbert", good, ...BERTSCORE],
    ...more,
  ];
  const [here, there] = [copyOfRun(), copyOfRun()];
  const [local, served, sentencesRefused, tokensRefused, letOff] = await takeLines(
    score(here),
    score(there, "--sbert-server", sentences.url, "--bertscore-server", tokens.url),
    score(copyOfRun(), "--sbert-server", halfSentences.url),
    score(copyOfRun(), "--bertscore-server", otherTokens.url),
    score(there, "--sbert-server", halfSentences.url, "--bertscore-server", otherTokens.url, "--server-tolerance", "2"),
  );
  const own = meansOf(local);
  assert.deepEqual(Object.keys(own).sort(), [
    "answer bertscore",
    "answer sbert",
    "thinking bertscore",
    "thinking sbert",
  ]);
  const theirs = meansOf(served);
  assert.deepEqual(Object.keys(theirs).sort(), Object.keys(own).sort());
  for (const [name, mean] of Object.entries(own)) assert.ok(Math.abs(mean - (theirs[name] ?? 0)) < 1e-6, name);
  for (const metric of ["sbert", "bertscore"]) {
    const told = (served?.stderr ?? "").match(new RegExp(`^${metric}: the server gives .*$`, "gm")) ?? [];
    assert.equal(told.length, 1, "once for the whole run, not for every file of pairs");
    assert.match(told[0], new RegExp(`; these ${CELLS} pairs or so need at most ${2 * CELLS} texts: .* to receive$`));
  }

  assert.equal(sentencesRefused?.exitCode, 1);
  assert.match(
    errorOf(sentencesRefused as LineEnd),
    /: --sbert-server: .* half precision, most likely: .*--server-tolerance\n$/,
  );
  assert.equal(tokensRefused?.exitCode, 1);
  assert.match(
    errorOf(tokensRefused as LineEnd),
    /: --bertscore-server: .* another layer, pooling or model: .*--server-tolerance\n$/,
  );

  const both = meansOf(letOff);
  const labelled = Object.keys(own).map((name) => `${name}-served|server-tolerance:2`);
  assert.deepEqual(Object.keys(both).sort(), [...Object.keys(own), ...labelled].sort());
  for (const name of Object.keys(own)) assert.equal(both[name], theirs[name], "what the true server gave stands");
  assert.notEqual(both["thinking bertscore-served|server-tolerance:2"], own["thinking bertscore"]);
});
