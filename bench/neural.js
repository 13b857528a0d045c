// Metrics with an encoder against their reference libraries: whole commands, in turn, on all cores, where the difference
// comes from, and the matrix products alone, which no command over this runtime goes below; then memory by workers.
// node bench/neural.js --model DIR --pairs FILE.jsonl [--count N] [--layer N] [--python PYTHON] [--dist DIR]
//   DIR: a checkpoint such as all-MiniLM-L6-v2; PYTHON: one that has bench/neural-requirements.txt, else only our own side runs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { flopOf, measureProducts, measureWork } from "./neural-work.js";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    pairs: { type: "string" },
    count: { type: "string" },
    layer: { type: "string", default: "6" },
    python: { type: "string" },
    dist: { type: "string" },
    memory: { type: "string" },
  },
});
const dist = values.dist === undefined ? new URL("../dist/", import.meta.url) : pathToFileURL(`${values.dist}/`);
const neural = (file) => import(new URL(`scoring/neural/${file}`, dist).href);

if (values.memory !== undefined) {
  await measureMemory(values.model, Number(values.memory));
  process.exit();
}

const folder = mkdtempSync(join(tmpdir(), "bench-neural-"));
try {
  const lines = readFileSync(values.pairs, "utf8")
    .trimEnd()
    .split("\n")
    .slice(0, Number(values.count ?? 1e9));
  const file = join(folder, "pairs.jsonl");
  writeFileSync(file, `${lines.join("\n")}\n`);
  console.log(
    `machine   ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, load ${load()}, Node ${process.version}`,
  );
  const texts = new Set(
    lines.map((line) => JSON.parse(line)).flatMap(({ reference, hypothesis }) => [reference, hypothesis]),
  );
  console.log(`pairs     ${lines.length}, ${texts.size} different texts of ${2 * lines.length}; ${values.model}`);
  const onePair = join(folder, "one.jsonl");
  writeFileSync(onePair, `${lines[0]}\n`);
  await compare("sbert", ["--sbert", values.model], file, onePair);
  await compare("bertscore", ["--bertscore", values.model, "--layer", values.layer], file, onePair);
  for (const workers of [1, 8]) console.log(spawnMemory(workers));
  console.log(`load      ${load()} at the end`);
} finally {
  rmSync(folder, { recursive: true });
}

async function compare(metric, flags, file, onePair) {
  const work = await measureWork(neural, { metric, folder: values.model, layer: Number(values.layer), file });
  const show = (words) => console.log(`${metric.padEnd(9)} ${words}`);
  const out = join(folder, `${metric}.jsonl`);
  const ours = { ...scoreOurs(metric, flags, file, out), start: scoreOurs(metric, flags, onePair, `${out}.one`).wall };
  show(
    `ours      ${seconds(ours)}; ${work.ours.toFixed(0)} GFLOP in ${work.ids.length} texts = ${rate(work.ours, ours.wall)} over the whole command, ${rate(work.ours, ours.wall - ours.start)} without its start`,
  );
  const products = await measureProducts(neural, work, availableParallelism());
  const floor = work.ours / products;
  show(
    `floor     ${floor.toFixed(1)} s: the matrix products alone in the same runtime and threads, ${rate(products, 1)}`,
  );
  if (values.python === undefined) return;
  const scores = join(folder, `${metric}.txt`);
  const theirs = { ...scoreTheirs(metric, file, scores), start: scoreTheirs(metric, onePair, `${scores}.one`).wall };
  show(
    `reference ${seconds(theirs)}: ${times(theirs.wall, ours.wall)} ours by the clock, ${times(theirs.cpu, ours.cpu)} by processor time, ${times(theirs.wall, floor)} the floor; largest difference ${difference(out, scores, metric).toExponential(1)}`,
  );
  const theirRate = work.padded / (theirs.wall - theirs.start);
  const ourRate = work.ours / (ours.wall - ours.start);
  show(
    `of which  each text once ${times(work.exact, work.ours)}, no padding ${times(work.padded, work.exact)}, rate ${times(ourRate, theirRate)} (theirs ${rate(theirRate, 1)} without its start); start ${ours.start.toFixed(1)} s against ${theirs.start.toFixed(1)} s`,
  );
}

function scoreOurs(metric, flags, file, out) {
  const main = `import { main } from ${JSON.stringify(new URL("cli/main.js", dist).href)}; process.exitCode = await main(["node", "imagenet-think", ...process.argv.slice(1)]);`;
  const command = ["metrics", file, "--metric", metric, ...flags, "--out", out];
  return timed(process.execPath, ["--input-type=module", "-e", main, "--", ...command]);
}

function scoreTheirs(metric, file, out) {
  const script = fileURLToPath(new URL("neural_reference.py", import.meta.url));
  return timed(values.python, [script, file, values.model, metric, values.layer, out]);
}

function seconds({ wall, cpu }) {
  return `${wall.toFixed(1)} s, ${cpu.toFixed(1)} s of processor`;
}

function rate(gflop, wall) {
  return `${(gflop / wall).toFixed(0)} GFLOP/s`;
}

function times(a, b) {
  return `${(a / b).toFixed(2)} times`;
}

function load() {
  return loadavg()[0].toFixed(1);
}

/** Seconds by the clock and of processor time, threads and children included. */
function timed(command, args) {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>"$LOG"';
  const log = join(folder, "log");
  const run = spawnSync("bash", ["-c", script, "bash", command, ...args], {
    encoding: "utf8",
    env: { ...process.env, LOG: log, TOKENIZERS_PARALLELISM: "true", HF_HUB_OFFLINE: "1" },
  });
  if (run.status !== 0)
    throw new Error(`${command} ended with ${run.status}: ${readFileSync(log, "utf8").slice(-600)}`);
  const [wall, user, system] = run.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { wall, cpu: user + system };
}

function difference(out, scores, metric) {
  const ours = readFileSync(out, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line)[metric]);
  const theirs = readFileSync(scores, "utf8").trimEnd().split("\n").map(Number);
  return Math.max(...ours.map((score, at) => Math.abs((typeof score === "number" ? score : score.f1) - theirs[at])));
}

function spawnMemory(workers) {
  const args = [
    fileURLToPath(import.meta.url),
    "--model",
    values.model,
    "--memory",
    String(workers),
    "--dist",
    fileURLToPath(dist),
  ];
  return spawnSync(process.execPath, args, { encoding: "utf8" }).stdout.trimEnd();
}

/** Private memory of a process with so many workers, each having encoded texts of the longest kind. */
async function measureMemory(model, workers) {
  const { openCheckpoint } = await neural("checkpoint.js");
  const { startEncoderPool } = await neural("encoder-pool.js");
  const checkpoint = await openCheckpoint({
    folder: model,
    prefixSpace: false,
    output: "mean",
    layerOf: (config) => config.layers,
    maxLength: 256,
  });
  for (const copies of [true, false]) {
    const copiedBytes = copies ? checkpoint.plan.copiedBytes : Number.MAX_SAFE_INTEGER;
    const pool = startEncoderPool([{ ...checkpoint.plan, copiedBytes }], workers);
    const ids = Int32Array.from({ length: 256 }, (_, at) => 1000 + at);
    const rounds = 12;
    const start = performance.now();
    await Promise.all(Array.from({ length: rounds * workers }, () => pool.run({ kind: "encode", plan: 0, ids })));
    const seconds = (performance.now() - start) / 1000;
    const rate = (rounds * workers * flopOf(checkpoint, 256)) / 1e9 / seconds;
    console.log(
      `memory    ${workers} workers, weights ${copies ? "copied" : "shared"}: ${privateMegabytes()} MB private, ${rate.toFixed(0)} GFLOP/s with start-up`,
    );
    await pool.close();
  }
}

function privateMegabytes() {
  const facts = readFileSync("/proc/self/smaps_rollup", "utf8");
  return Math.round(Number(/^Private_Dirty:\s+(\d+)/m.exec(facts)?.[1] ?? 0) / 1024);
}
