// The program finding the pace of real server processes by itself. See --help.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bestOf, SHAPE_NAMES, shapeOf } from "./pace-shapes.js";
import { writeSmallPictures } from "./small-pictures.js";

const HELP = `node bench/pace.js [--seconds N] [--tokens N] [--cases slots,batch,degrades] [--signals gauges,streams]
       [--clients N] [--each]

Each case is a server process of a made-up shape (bench/pace-shapes.js) and \`imagenet-think run\`, started as a user does,
that finds its pace from cold with a deadline. Cases run side by side, three at a time; what they cost is small, but a busy
machine delays every reply and makes the figures worse.

share    tokens the server wrote after the warm-up (three mean reply times at nine tenths of the best output) until 15 s
         before the deadline, by what the best fixed limit would have written; then the same by quarters of that time
running  requests at the server at the end of each quarter, and + what waited
--tokens is the mean length of a reply; --clients N starts N shards of one run at each server; --each prints what ran in every tenth second.`;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "200" },
    tokens: { type: "string", default: "300" },
    cases: { type: "string", default: SHAPE_NAMES.join() },
    signals: { type: "string", default: "gauges,streams" },
    clients: { type: "string", default: "1" },
    each: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const REQUESTS = { slots: 48, batch: 12, degrades: 48 };
const SECONDS = Number(values.seconds);
const PICTURES = 20_000;
const CLIENTS = Number(values.clients);
const SHARDS = Array.from({ length: CLIENTS }, (_, at) => (CLIENTS === 1 ? [] : ["--shard", `${at}/${CLIENTS}`]));
const AT_ONCE = 3;
const CLASSES = ["n02123045", "n07920052"];
const pathOf = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "pace-bench-"));

async function main() {
  const load = loadavg().map((one) => one.toFixed(1));
  console.log(`${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}, load ${load.join(" ")}`);
  await writeSmallPictures(join(folder, "pictures"), {
    ...{ count: PICTURES, classes: CLASSES, photos: pathOf("../data/photos") },
  });
  const cases = values.cases.split(",").flatMap((shape) => values.signals.split(",").map((signal) => [shape, signal]));
  let next = 0;
  const lane = async () => {
    while (next < cases.length) await measure(...cases[next++]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function measure(name, signal) {
  const requests = REQUESTS[name];
  const server = spawn(process.execPath, [pathOf("pace-server.js"), name, `${requests}`, signal, values.tokens], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const port = await new Promise((done) => server.stdout.once("data", (text) => done(String(text).trim())));
    const place = join(folder, `${name}-${signal}`);
    await mkdir(place);
    const recipe = join(place, "recipe.yaml");
    await writeFile(recipe, recipeFor(port));
    await runProgram("images", recipe, "--out", join(place, "run"));
    const from = (await traceOf(port)).length;
    const asking = ["run", recipe, "--out", join(place, "run"), "--deadline", `${SECONDS}s`];
    await Promise.all(SHARDS.map((shard) => runProgram(...asking, ...shard)));
    print(`${name}, ${signal}`, shapeOf(name, requests), (await traceOf(port)).slice(from, from + SECONDS - 15));
  } finally {
    server.kill();
  }
}

const recipeFor = (port) => `name: pace
images: [{ source: webdataset, path: ${join(folder, "pictures")} }]
gate: { blur: null, blank: null }
teachers:
  - { name: pace, endpoints: "http://127.0.0.1:${port}/v1", model: pace, dialect: glm }
`;

const traceOf = async (port) => (await fetch(`http://127.0.0.1:${port}/trace`)).json();

/** The deadline ends a run with work left, which is 3. */
async function runProgram(...args) {
  const child = spawn(process.execPath, [pathOf("../bin/imagenet-think.js"), ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    words += text;
  });
  const code = await new Promise((done) => child.once("exit", done));
  if (code !== 0 && code !== 3) throw new Error(`${args.join(" ")} ended with ${code}: ${words.slice(-800)}`);
}

function print(title, shape, trace) {
  const best = bestOf(shape);
  const warmUp = Math.ceil((3 * Number(values.tokens) * best.nearly) / (0.9 * best.rate));
  const at = (part) => warmUp + Math.round(part * (trace.length - 1 - warmUp));
  const share = (from, to) => {
    const tokens = trace[at(to)].written - trace[at(from)].written;
    return `${((100 * tokens) / (best.rate * (at(to) - at(from)))).toFixed(1)} %`;
  };
  const quarters = [0, 0.25, 0.5, 0.75].map((from) => share(from, from + 0.25));
  const running = [0.25, 0.5, 0.75, 1].map((part) => trace[at(part)]).map((one) => `${one.running}+${one.waiting}`);
  console.log(
    `${title.padEnd(18)} ${share(0, 1)} of the best fixed limit's (${best.requests}); ${quarters.join(", ")}; running ${running.join(", ")}`,
  );
  if (values.each) console.log(trace.flatMap((one, second) => (second % 10 === 0 ? [one.running] : [])).join(" "));
}

try {
  if (values.help) console.log(HELP);
  else await main();
} finally {
  await rm(folder, { recursive: true, force: true });
}
