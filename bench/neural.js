// Metrics with an encoder against their reference libraries: whole commands, in turn, on all cores; then memory by workers.
// node bench/neural.js --model DIR --pairs FILE.jsonl [--count N] [--layer N] [--python PYTHON] [--dist DIR]
//   DIR: a checkpoint such as all-MiniLM-L6-v2; PYTHON: one that has bench/neural-requirements.txt, else only our own side runs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

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
    `machine   ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}, Node ${process.version}`,
  );
  const texts = new Set(
    lines.map((line) => JSON.parse(line)).flatMap(({ reference, hypothesis }) => [reference, hypothesis]),
  );
  console.log(`pairs     ${lines.length}, ${texts.size} different texts of ${2 * lines.length}; ${values.model}`);
  await compare("sbert", ["--sbert", values.model], file);
  await compare("bertscore", ["--bertscore", values.model, "--layer", values.layer], file);
  for (const workers of [1, 8]) console.log(spawnMemory(workers));
} finally {
  rmSync(folder, { recursive: true });
}

async function compare(metric, flags, file) {
  const out = join(folder, `${metric}.jsonl`);
  const main = `import { main } from ${JSON.stringify(new URL("cli/main.js", dist).href)}; process.exitCode = await main(["node", "imagenet-think", ...process.argv.slice(1)]);`;
  const ours = timed(process.execPath, [
    "--input-type=module",
    "-e",
    main,
    "--",
    "metrics",
    file,
    "--metric",
    metric,
    ...flags,
    "--out",
    out,
  ]);
  const work = await measureWork(metric, flags, file);
  console.log(
    `${metric.padEnd(9)} ours      ${ours.wall.toFixed(1)} s, ${ours.cpu.toFixed(1)} s of processor; ${work.gflop.toFixed(0)} GFLOP in ${work.texts} texts encoded = ${(work.gflop / ours.wall).toFixed(0)} GFLOP/s over the whole command`,
  );
  if (values.python === undefined) return;
  const scores = join(folder, `${metric}.txt`);
  const script = fileURLToPath(new URL("neural_reference.py", import.meta.url));
  const theirs = timed(values.python, [script, file, values.model, metric, values.layer, scores]);
  console.log(
    `${metric.padEnd(9)} reference ${theirs.wall.toFixed(1)} s, ${theirs.cpu.toFixed(1)} s of processor: ${(theirs.wall / ours.wall).toFixed(2)} times ours by the clock, ${(theirs.cpu / ours.cpu).toFixed(2)} by processor time; largest difference ${difference(out, scores, metric).toExponential(1)}`,
  );
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

/** Floating-point operations of the matrices of the texts that are encoded, each once. */
async function measureWork(metric, flags, file) {
  const { openCheckpoint } = await neural("checkpoint.js");
  const { codePairs } = await neural("text-coder.js");
  const { readSentencePipeline } = await neural("sentence-pipeline.js");
  const pipeline = metric === "sbert" ? await readSentencePipeline(flags[1]) : null;
  const checkpoint = await openCheckpoint({
    folder: flags[1],
    prefixSpace: false,
    output: "tokens",
    layerOf: (config) => (metric === "sbert" ? config.layers : Number(values.layer)),
    maxLength: pipeline?.maxLength ?? null,
  });
  const pairs = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const coded = await codePairs(checkpoint.tokenizer, pairs, { limit: checkpoint.limit, prepare: (text) => text });
  const lengths = new Map(
    coded.pairs.flatMap((pair) => [pair.reference, pair.hypothesis]).map(({ key, ids }) => [key, ids.length]),
  );
  let flop = 0;
  for (const length of lengths.values()) flop += flopOf(checkpoint, length);
  return { gflop: flop / 1e9, texts: lengths.size };
}

function flopOf({ config, layers }, length) {
  const { hidden, intermediate } = config;
  return layers * (2 * length * (4 * hidden * hidden + 2 * hidden * intermediate) + 4 * length * length * hidden);
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
