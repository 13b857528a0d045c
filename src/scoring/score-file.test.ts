import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ScoreFileOptions, scoreFile } from "./score-file.js";
import { scorePair } from "./score-pairs.js";

const METRICS = ["rouge-1", "rouge-l", "jaccard"];
const PAIRS = 3_000;

let folder = "";
let made = 0;
let input = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "score-file-"));
  input = join(folder, "pairs.jsonl");
  await writeFile(input, manyLines(PAIRS).join(""));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Over 2 MB, so that threads are worth their start. */
function manyLines(count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const reference = Array.from({ length: 80 }, (_, word) => `word${(at * 7 + word * word) % 97}`).join(" ");
    const hypothesis = Array.from({ length: 80 }, (_, word) => `Word${(at * 5 + word * word) % 89}`).join("\n");
    return `${JSON.stringify({ id: `pair-${at}`, reference, hypothesis })}\n`;
  });
}

function job(change: Partial<ScoreFileOptions> = {}): ScoreFileOptions {
  made += 1;
  return {
    file: input,
    metrics: METRICS,
    options: {},
    out: join(folder, `scores-${made}.jsonl`),
    seed: 42,
    threads: 1,
    referenceField: "reference",
    hypothesisField: "hypothesis",
    say: () => {},
    onProgress: () => {},
    ...change,
  };
}

async function fileOf(...lines: string[]): Promise<string> {
  made += 1;
  const path = join(folder, `made-${made}.jsonl`);
  await writeFile(path, lines.join("\n"));
  return path;
}

const line = (id: unknown, reference: unknown = "a b", hypothesis: unknown = "a") =>
  JSON.stringify({ id, reference, hypothesis });

/** What a job wrote, even where it failed. */
async function outputOf(wanted: ScoreFileOptions): Promise<string> {
  return await readFile(String(wanted.out), "utf8");
}

test("threads change nothing: the same lines in the order read, the same summary", async () => {
  const [one, two] = [job({ withIntervals: true }), job({ threads: 2, withIntervals: true })];
  const [first, second] = [await scoreFile(one), await scoreFile(two)];
  assert.equal(await outputOf(one), await outputOf(two));
  assert.deepEqual(first, second);
  const lines = (await outputOf(one)).trimEnd().split("\n");
  assert.equal(lines.length, PAIRS);
  const pair = JSON.parse(manyLines(PAIRS)[1234] ?? "") as { id: string; reference: string; hypothesis: string };
  assert.deepEqual(JSON.parse(lines[1234] ?? ""), { id: pair.id, ...scorePair(pair, { metrics: METRICS }) });
});

test("a start that was stopped goes on where it was, and ends with the same bytes", async () => {
  const whole = job({ withIntervals: true });
  const done = await scoreFile(whole);
  const stopper = new AbortController();
  const cut = job({ withIntervals: true, onProgress: () => stopper.abort(), signal: stopper.signal });
  const stopped = await scoreFile(cut);
  assert.equal(stopped.summary, null);
  assert.ok(stopped.pairs > 0 && stopped.pairs < PAIRS);
  const { signal: _, ...again } = cut;
  const ended = await scoreFile({ ...again, onProgress: () => {} });
  assert.equal(ended.pairsBefore, stopped.pairs);
  assert.deepEqual(ended.summary, done.summary);
  assert.equal(await outputOf(cut), await outputOf(whole));
});

test("a torn last line and lines behind the last checkpoint are scored again", async () => {
  const whole = job();
  await scoreFile(whole);
  const expected = await outputOf(whole);
  await appendFile(String(whole.out), '{"id":"pair-9');
  assert.equal((await scoreFile(whole)).pairsBefore, PAIRS);
  assert.equal(await outputOf(whole), expected);
  await truncate(String(whole.out), Math.floor(expected.length / 3));
  const done = await scoreFile(whole);
  assert.ok(done.pairsBefore > 500 && done.pairsBefore < PAIRS);
  assert.equal(await outputOf(whole), expected);
});

test("an output of other metrics, other options or other input is refused", async () => {
  const file = await fileOf(line("a"), line("b"));
  const first = job({ file });
  await scoreFile(first);
  await assert.rejects(scoreFile({ ...first, metrics: ["overlap"] }), { name: "UserError", message: /not overlap/ });
  await assert.rejects(scoreFile({ ...first, options: { stem: true } }), { name: "UserError", message: /stem:no/ });
  await writeFile(file, `${line("a", "other")}\n${line("b")}`);
  await assert.rejects(scoreFile(first), { name: "UserError", message: /has changed/ });
  await assert.rejects(scoreFile(job({ file, out: file })), { name: "UserError", message: /not written by metrics/ });
});

test("lines added to the input are scored, the others kept", async () => {
  const file = await fileOf(line("a"), line("b"), "");
  const first = job({ file });
  await scoreFile(first);
  await appendFile(file, `${line("c")}\n`);
  const done = await scoreFile(first);
  assert.deepEqual([done.pairsBefore, done.pairs], [2, 3]);
  await appendFile(file, `${line("a")}\n`);
  await assert.rejects(scoreFile(first), { message: /line 4 repeats the id of an earlier line/ });
});

const BAD: readonly [what: string, line: string, message: RegExp][] = [
  ["no JSON", "{nonsense", /, line 3 is not JSON: "\{nonsense"/],
  ["a list", "[1]", /, line 3 holds a list/],
  ["a missing text", '{"id":"c","reference":"a"}', /, line 3 has no "hypothesis" \(it has "id", "reference"\)/],
  ["a missing id", '{"reference":"a"}', /, line 3 has no "id"/],
  ["a number for a text", line("c", 5), /, line 3 has a number as "reference"/],
  ["a repeated id", line("a"), /, line 3 repeats the id of line 1/],
];

for (const [what, bad, message] of BAD) {
  test(`${what} is one sentence with the line, and what came before is kept`, async () => {
    const file = await fileOf(line("a"), "", bad, line("d"));
    const wanted = job({ file, metrics: ["jaccard"] });
    await assert.rejects(scoreFile(wanted), { name: "UserError", message });
    assert.equal(await outputOf(wanted), '{"id":"a","jaccard":0.5}\n');
    await writeFile(file, [line("a"), "", line("c"), line("d")].join("\n"));
    assert.equal((await scoreFile(wanted)).pairs, 3);
  });
}

test("a text that is null, and a score that is not defined, are null, counted, and no missing line", async () => {
  const file = await fileOf(line("a"), line("b", null), line("c", "", " "), line(4));
  const wanted = job({ file, metrics: ["jaccard"] });
  const { summary } = await scoreFile(wanted);
  assert.deepEqual(
    await outputOf(wanted),
    '{"id":"a","jaccard":0.5}\n{"id":"b","jaccard":null}\n{"id":"c","jaccard":null}\n{"id":4,"jaccard":0.5}\n',
  );
  const { scored, unscored, mean, standardDeviation } = summary?.metrics.jaccard ?? {};
  assert.deepEqual(
    { scored, unscored, mean, standardDeviation },
    { scored: 2, unscored: 2, mean: 0.5, standardDeviation: 0 },
  );
});

test("other fields can be named, and the summary is written with every protocol", async () => {
  const file = await fileOf('{"id":"x","gold":"a b","guess":"b c"}');
  const summary = join(folder, "summary.json");
  await scoreFile(job({ file, referenceField: "gold", hypothesisField: "guess", summary, options: { stem: true } }));
  const written = JSON.parse(await readFile(summary, "utf8"));
  assert.equal(written.metrics["rouge-l"].mean.f1, 0.5);
  assert.equal(written.metrics["rouge-l"].signature, "rouge-l|tok:rouge_score-0.1.2|stem:nltk-porter");
  assert.equal(written.metrics["rouge-l"].interval.f1.low, 0.5);
  assert.equal(written.bootstrap.seed, 42);
});

test("TF-IDF over the corpus is the same on one thread and two, and frozen by --fit-on", async () => {
  const options = { tfidfScope: "corpus" } as const;
  const [one, two] = [job({ metrics: ["tfidf"], options }), job({ metrics: ["tfidf"], options, threads: 2 })];
  const [first, second] = [await scoreFile(one), await scoreFile(two)];
  assert.equal(first.summary?.metrics.tfidf?.signature, second.summary?.metrics.tfidf?.signature);
  const numbers = async (wanted: ScoreFileOptions) =>
    (await outputOf(wanted))
      .trimEnd()
      .split("\n")
      .map((text) => (JSON.parse(text) as { tfidf: number }).tfidf);
  const [a, b] = [await numbers(one), await numbers(two)];
  assert.ok(a.every((number, at) => Math.abs(number - (b[at] ?? Number.NaN)) < 1e-12));
  const part = await fileOf(...manyLines(10).map((text) => text.trimEnd()));
  const frozen = await scoreFile(job({ file: part, metrics: ["tfidf"], options, fitOn: input }));
  assert.equal(frozen.summary?.metrics.tfidf?.signature, first.summary?.metrics.tfidf?.signature);
  await assert.rejects(scoreFile(job({ fitOn: input })), { name: "UsageError", message: /--fit-on/ });
});
