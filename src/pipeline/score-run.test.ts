import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ModelTable } from "../analysis/index.js";
import { UserError } from "../records/index.js";
import { noNeuralChoice, scorePair } from "../scoring/index.js";
import { chatStream, jsonResponse, startScriptedServer } from "../testing/index.js";
import { runRecipe, StopSwitch } from "./index.js";
import { type ScoreRunOptions, scoreRun } from "./score-run.js";
import { writePairLines } from "./write-pair-lines.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-score-"));
after(() => rm(folder, { recursive: true, force: true }));

/** A text about one picture that shares some words with the texts about the others. */
function thoughtOf(image: string): string {
  return `the picture ${image} shows ${[...image].slice(-3).join(" and ")} in some light`;
}

function reply(thinking: string, answer: string): string {
  return `<think>${thinking}</think><answer>${answer}</answer>`;
}

/** What each model says of a picture; `before` is the picture asked before it, in the order of ids. */
const SAY: Readonly<Record<string, (image: string, before: string) => string>> = {
  glm: (image) => reply(thoughtOf(image), `it is ${image}`),
  kimi: (image) => reply(`${thoughtOf(image)} seen from afar`, `it may be ${image}`),
  twin: (image) => reply(thoughtOf(image), `it is ${image}`),
  swapped: (_, before) => reply(thoughtOf(before), `it is ${before}`),
  mute: (image) => (image.endsWith("1") ? `it is ${image}` : reply(thoughtOf(image), `it is ${image}`)),
};

interface MadeUpRun extends AsyncDisposable {
  readonly out: string;
  readonly images: readonly string[];
  ask(candidates: readonly string[]): Promise<void>;
  score(options?: Partial<ScoreRunOptions>): Promise<{ table: ModelTable; scored: number; kept: number }>;
}

let count = 0;

async function makeUp(): Promise<MadeUpRun> {
  const images: string[] = [];
  for (const wnid of await readdir(PHOTOS)) {
    if (!/^n\d+$/.test(wnid)) continue;
    for (const name of await readdir(join(PHOTOS, wnid))) images.push(name.replace(/\.\w+$/, ""));
  }
  images.sort();
  const server = await startScriptedServer((request) => {
    if (request.path.endsWith("/models")) return jsonResponse({ object: "list", data: [{ id: "m" }] });
    if (!request.path.endsWith("/chat/completions")) return jsonResponse({});
    const [image = "", model = ""] = String(request.headers["x-request-id"]).split("/");
    const before = images.at(images.indexOf(image) - 1) ?? image;
    return chatStream([SAY[model]?.(image, before) ?? ""]);
  });
  const place = join(folder, String(count++));
  const model = (name: string) =>
    `  - { name: ${name}, model: m, dialect: glm, endpoints: ["${server.url}/v1"], concurrency: 4 }\n`;
  const out = `${place}-run`;
  return {
    out,
    images,
    async ask(candidates) {
      const recipe = `name: t\nimages: [{ source: folder, path: "${PHOTOS}" }]\nteachers:\n${model("glm")}${model("kimi")}candidates:${candidates.length === 0 ? " []" : `\n${candidates.map(model).join("")}`}`;
      await writeFile(`${place}.yaml`, recipe);
      const nothing = () => {};
      const end = await runRecipe(`${place}.yaml`, {
        ...{ out, again: [], limit: null, keepGoing: true, shard: null, stop: new StopSwitch() },
        ...{ say: nothing, onGate: nothing, onGated: nothing, onProgress: nothing },
      });
      assert.equal(end.exitCode, 0, end.sentences.join("\n"));
    },
    async score(options = {}) {
      const { table, ...rest } = await scoreRun(out, {
        metrics: ["rouge-l", "jaccard"],
        stem: false,
        tfidfScope: null,
        neural: noNeuralChoice,
        importFrom: null,
        against: null,
        seed: 1,
        resamples: 200,
        threads: 1,
        say: () => {},
        onProgress: () => {},
        signal: new AbortController().signal,
        ...options,
      });
      assert.ok(table !== null);
      return { table, ...rest };
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function rowOf(table: ModelTable, part: string, metric: string, model: string, against: string) {
  const row = table.metrics
    .find((one) => one.part === part && one.metric === metric)
    ?.rows.find((one) => one.model === model && one.against === against);
  assert.ok(row, `${part} ${metric} ${model} ${against}`);
  return row;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test("pairs are made by id: an equal text scores 1 with the interval [1, 1], another picture's text never does", async () => {
  await using run = await makeUp();
  await run.ask(["twin", "swapped"]);
  const { table, scored } = await run.score();
  // 12 pictures × 2 parts × 2 metrics × (2 candidates × 2 teachers + 1 pair of teachers).
  assert.equal(scored, 12 * 2 * 2 * 5);
  for (const part of ["thinking", "answer"]) {
    for (const metric of ["rouge-l", "jaccard"]) {
      const twin = rowOf(table, part, metric, "twin", "glm");
      assert.deepEqual([twin.n, twin.mean, twin.low, twin.high, twin.common?.rank], [12, 1, 1, 1, 1]);
      const swapped = rowOf(table, part, metric, "swapped", "glm");
      assert.ok(swapped.high !== null && swapped.high < 1);
      assert.deepEqual([swapped.n, swapped.common?.rank], [12, 2]);
    }
  }
  const expected = run.images.map((image, at) => {
    const before = run.images.at(at - 1) ?? image;
    const pair = { reference: thoughtOf(image), hypothesis: thoughtOf(before) };
    return scorePair(pair, { metrics: ["jaccard"] }).jaccard as number;
  });
  const found = rowOf(table, "thinking", "jaccard", "swapped", "glm").mean ?? 0;
  assert.ok(Math.abs(found - meanOf(expected)) < 1e-12, `${found}`);
  const last = table.signatures.find(({ name }) => name === "last-in-all");
  assert.deepEqual([last?.model, last?.claimed], ["swapped", true]);
  assert.equal(rowOf(table, "answer", "jaccard", "kimi", "glm").role, "teacher");
});

test("cells without their thinking are left out of both sides and counted, and never score 0", async () => {
  await using run = await makeUp();
  await run.ask(["mute"]);
  const { table } = await run.score();
  const silent = run.images.filter((image) => image.endsWith("1")).length;
  assert.ok(silent > 0);
  const row = rowOf(table, "answer", "jaccard", "mute", "glm");
  assert.deepEqual([row.n, row.mean, row.leftOut.outcomes.unparsed], [12 - silent, 1, silent]);
  assert.equal(row.worst, (12 - silent) / 12);
  assert.equal(row.best, 1);
  assert.equal(table.models.find(({ name }) => name === "mute")?.outcomes.unparsed, silent);
});

test("a second start scores nothing; a grown run keeps what stands and fits again what was fitted on all", async () => {
  await using run = await makeUp();
  await run.ask(["twin"]);
  const options = { metrics: ["jaccard", "tfidf"], tfidfScope: "corpus" } as const;
  const first = await run.score(options);
  // 3 comparisons: twin with each teacher, and the teachers.
  assert.deepEqual([first.scored, first.kept], [12 * 2 * 2 * 3, 0]);
  const second = await run.score(options);
  assert.deepEqual([second.scored, second.kept], [0, first.scored]);
  assert.deepEqual(second.table, first.table);
  await run.ask(["twin", "swapped"]);
  const grown = await run.score(options);
  // Jaccard gains swapped's two comparisons; TF-IDF is written anew over all five.
  assert.deepEqual([grown.scored, grown.kept], [12 * 2 * 2 + 12 * 2 * 5, 12 * 2 * 3]);
  const signature = (table: ModelTable) => table.metrics.find(({ metric }) => metric === "tfidf")?.signature;
  assert.notEqual(signature(grown.table), signature(first.table));
  const tables = await readdir(join(run.out, "scores", "thinking"));
  const tfidf = tables.find((name) => name.startsWith("tfidf"));
  assert.equal(tables.length, 2, "the table fitted before is gone");
  const files = await readdir(join(run.out, "scores", "thinking", tfidf ?? ""));
  assert.equal(files.filter((name) => name.endsWith(".parquet")).length, 1);
  const left = (await readdir(join(run.out, "scores"))).filter((name) => name.startsWith("."));
  assert.deepEqual(left, [], "no file of pairs is left behind");
});

test("numbers computed elsewhere fill the same table, under their own protocol and by the ids of the pairs", async () => {
  await using run = await makeUp();
  await run.ask(["twin"]);
  const pairs = join(folder, "pairs.jsonl");
  assert.equal(await writePairLines(run.out, pairs, () => {}), 12 * 2 * 3);
  const lines = (await readFile(pairs, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string });
  const protocol = { model: "roberta-large", layer: 17 };
  const scored = lines.map(({ id }) => {
    const f1 = id.includes("/twin/glm/") ? 0.75 : 0.5;
    return JSON.stringify({ id, metric: "bertscore", precision: f1, recall: f1, f1, protocol });
  });
  const file = join(folder, "import.jsonl");
  await writeFile(file, `${scored.join("\n")}\n`);
  const { table, scored: taken } = await run.score({ importFrom: file });
  assert.equal(taken, 12 * 2 * 3);
  const row = rowOf(table, "thinking", "bertscore", "twin", "glm");
  assert.deepEqual([row.n, row.mean, row.low, row.worst], [12, 0.75, 0.75, null]);
  assert.equal(rowOf(table, "thinking", "bertscore", "twin", "mean").mean, 0.625);
  assert.equal(table.metrics[0]?.signature, "bertscore|imported|model:roberta-large|layer:17");
  for (const [line, sentence] of [
    ["{", /import-bad\.jsonl, line 1 is not JSON/],
    [`{"id":"a/b","metric":"x","value":1,"protocol":{}}`, /line 1: the id "a\/b" is not/],
    [`${scored[0]}\n${scored[0]}`, /line 2 repeats the id/],
    [`{"id":"a/b/c/answer","metric":"x","protocol":{}}`, /line 1 needs either value/],
  ] as const) {
    const bad = join(folder, "import-bad.jsonl");
    await writeFile(bad, line);
    await assert.rejects(run.score({ importFrom: bad }), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, sentence);
      return true;
    });
  }
});

test("teachers are compared without candidates too, and a name or choice that cannot be meant is refused", async () => {
  await using run = await makeUp();
  await run.ask([]);
  const { table } = await run.score();
  assert.deepEqual(
    table.metrics[0]?.rows.map(({ model, against }) => `${model} ${against}`),
    ["kimi glm"],
  );
  await assert.rejects(run.score({ against: "gml" }), /--against gml: the run knows glm, kimi, mean, max/);
  await assert.rejects(run.score({ metrics: ["rogue-l"] }), /"rogue-l" is not a metric; did you mean "rouge-l"/);
  await assert.rejects(run.score({ tfidfScope: "pair" }), /--tfidf-scope is for tfidf, which --metric does not name/);
  await assert.rejects(run.score({ metrics: ["jaccard"], stem: true }), /--stem is for the tokens of ROUGE/);
  const neural = { ...noNeuralChoice, sbert: "folder" };
  await assert.rejects(run.score({ neural }), /--sbert is for sbert, which --metric does not name/);
});
