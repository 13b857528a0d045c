// Lexical metrics against their reference libraries, as ratios, in one run on one machine.
// node bench/metrics.js [--pairs FILE.jsonl] [--python PYTHON] [--dist DIR]
//   PYTHON: one that has bench/metrics-requirements.txt; without it only our own side is measured.
import { execFile, spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs, promisify } from "node:util";
import { writePairs } from "./make-pairs.js";

const { values } = parseArgs({
  options: { pairs: { type: "string" }, python: { type: "string" }, dist: { type: "string" } },
});
const dist = values.dist === undefined ? new URL("../dist/", import.meta.url) : pathToFileURL(`${values.dist}/`);
const { createLexicalScorer, fitPairs } = await import(new URL("scoring/index.js", dist).href);
const folder = mkdtempSync(join(tmpdir(), "bench-metrics-"));
const PASSES = 7;
const ROUNDS = 5;

try {
  const file = values.pairs ?? join(folder, "pairs.jsonl");
  if (values.pairs === undefined) await writePairs(file, { count: 1_000, words: 460, seed: 1 });
  const pairs = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  console.log(
    `machine   ${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}, ${process.platform} ${process.arch}`,
  );
  console.log(
    `pairs     ${pairs.length}, ${Math.round(pairs.reduce((sum, pair) => sum + pair.reference.split(/\s+/).length, 0) / pairs.length)} words a reference (${values.pairs ?? "made up"})`,
  );
  console.log(
    "method    pairs in memory on both sides, one thread; ours: median of passes behind a warm-up, the first pass beside it",
  );
  await compare(
    "ROUGE-1/2/L, stemmer",
    "rouge",
    150,
    () => scoreAll(pairs, ["rouge-1", "rouge-2", "rouge-l"], { stem: true }),
    file,
    pairs.length,
  );
  await compare(
    "TF-IDF by pair",
    "tfidf-pair",
    400,
    () => scoreAll(pairs, ["tfidf"], { tfidfScope: "pair" }),
    file,
    pairs.length,
  );
  await compare(
    "TF-IDF over corpus",
    "tfidf-corpus",
    pairs.length,
    async () => {
      const tfidfFit = await fitPairs(pairs);
      scoreAll(pairs, ["tfidf"], { tfidfScope: "corpus" }, tfidfFit);
    },
    file,
    pairs.length,
  );
  await compareWorkers(pairs);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function scoreAll(pairs, metrics, options, tfidfFit = null) {
  const scorer = createLexicalScorer({ metrics, options, tfidfFit });
  for (const { reference, hypothesis } of pairs) scorer.score(reference, hypothesis);
}

async function compare(what, work, count, ours, file, length) {
  const passes = [];
  for (let pass = 0; pass <= PASSES; pass++) passes.push(await clock(ours));
  const [first, ...rest] = passes;
  const mine = {
    wall: median(rest.map((pass) => pass.wall)) / length,
    cpu: median(rest.map((pass) => pass.cpu)) / length,
  };
  const theirs = values.python === undefined ? null : reference(file, work, count);
  const ratio = theirs === null ? "" : ` | reference ${ms(theirs.wall)} | ${times(theirs, mine)}`;
  console.log(
    `${what.padEnd(22)} ours ${us(mine.wall)} a pair (cpu ${us(mine.cpu)}, first pass ${us(first.wall / length)})${ratio}`,
  );
}

async function clock(work) {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wall: (performance.now() - wall) / 1e3, cpu: (user + system) / 1e6 };
}

function reference(file, work, count) {
  const script = fileURLToPath(new URL("metrics_reference.py", import.meta.url));
  const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
  const runs = [1, 2, 3].map(() => {
    const { stdout, status, stderr } = spawnSync(values.python, [script, file, work, String(count)], {
      env,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    const run = JSON.parse(stdout);
    return { wall: run.wall / run.pairs, cpu: run.cpu / run.pairs };
  });
  return { wall: median(runs.map((run) => run.wall)), cpu: median(runs.map((run) => run.cpu)) };
}

/** The command on two threads against two commands with half the pairs each, which share nothing. */
async function compareWorkers(pairs) {
  const [whole, one, two] = ["whole", "one", "two"].map((name) => join(folder, `${name}.jsonl`));
  for (const path of [whole, one, two]) writeFileSync(path, "");
  for (let copy = 0; copy < 12; copy++) {
    const lines = pairs.map((pair) => `${JSON.stringify({ ...pair, id: `${copy}-${pair.id}` })}\n`).join("");
    appendFileSync(whole, lines);
    appendFileSync(copy % 2 === 0 ? one : two, lines);
  }
  const run = (path, threads) =>
    promisify(execFile)(process.execPath, [
      command(),
      "metrics",
      path,
      "--metric",
      "rouge-1,rouge-2,rouge-l,jaccard,overlap",
      "--stem",
      "--threads",
      threads,
      "--out",
      `${path}.${Math.random()}`,
    ]);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const threads = (await clock(() => run(whole, "2"))).wall;
    const processes = (await clock(() => Promise.all([run(one, "1"), run(two, "1")]))).wall;
    rounds.push({ threads, processes, ratio: processes / threads });
  }
  const { threads, processes, ratio } = rounds.sort((a, b) => a.ratio - b.ratio)[Math.floor(ROUNDS / 2)];
  console.log(
    `two threads            ${threads.toFixed(2)} s for ${12 * pairs.length} pairs, whole command | two processes ${processes.toFixed(2)} s | ${ratio.toFixed(2)} of their speed (median of ${ROUNDS}; all ${rounds.map((each) => each.ratio.toFixed(2)).join(", ")})`,
  );
}

/** The command line of the same build. */
function command() {
  const path = join(folder, "imagenet-think.mjs");
  writeFileSync(
    path,
    `import { main } from ${JSON.stringify(new URL("cli/main.js", dist).href)};\nprocess.exitCode = await main(process.argv);\n`,
  );
  return path;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function times(theirs, mine) {
  return `${(theirs.wall / mine.wall).toFixed(1)} times by wall clock, ${(theirs.cpu / mine.cpu).toFixed(1)} by processor time`;
}

function us(seconds) {
  return `${(1e6 * seconds).toFixed(1)} µs`;
}

function ms(seconds) {
  return `${(1e3 * seconds).toFixed(2)} ms`;
}
