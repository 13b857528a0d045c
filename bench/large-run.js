// A run of the real size: 250,000 small pictures × 2 teachers = 500,000 cells with replies of 4 kB, once by one writer and
// once as 64 shards, against a fast server, while `status` is asked from another process. See --help.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { writeSmallPictures } from "./small-pictures.js";

const HELP = `node bench/large-run.js [--pictures 250000] [--shards 64] [--at-once 2] [--dist DIR] [--dir DIR]

Makes the pictures, gates them once, and asks about them: \`run\` by one writer, then the same from a copy of the gated
folder as --shards processes of \`run --shard I/N\`, --at-once of them at any time, as an array job would.
--shards 0 leaves the second out, --only-shards the first. --dir keeps what was made there and goes on from it.`;

const { values } = parseArgs({
  options: {
    pictures: { type: "string", default: "250000" },
    shards: { type: "string", default: "64" },
    "at-once": { type: "string", default: "2" },
    "only-shards": { type: "boolean", default: false },
    dist: { type: "string", default: "dist" },
    dir: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const PICTURES = Number(values.pictures);
const CELLS = 2 * PICTURES;
const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The program as `bin/` starts it, of any build; its last line on stderr is the CPU time it took, in microseconds. */
const PROGRAM = [
  "--input-type=module",
  "-e",
  `import { main } from ${JSON.stringify(resolve(values.dist, "cli/main.js"))};
  process.on("exit", () => { const { user, system } = process.cpuUsage(); console.error("cpu", user + system); });
  process.exitCode = await main(["", "imagenet-think", ...process.argv.slice(1)]);`,
  "--",
];
/** Those that `bin/` sets. */
const flagsOf = (command) => (command === "images" ? ["--heap-growing-percent=30"] : []);
const SAMPLE_MS = 1_000;
/** Between two questions for the state; the question itself takes part of a core. */
const STATUS_MS = 10_000;

if (values.help) console.log(HELP);
else await main();

async function main() {
  const folder = values.dir === undefined ? await mkdtemp(join(tmpdir(), "large-run-")) : resolve(values.dir);
  await mkdir(folder, { recursive: true });
  const server = spawn(process.execPath, [join(ROOT, "bench/fast-server.js")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    console.log(`${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}`);
    const [line] = await once(server.stdout, "data");
    const port = Number(line);
    const recipe = await writeRecipe(folder, port);
    const gated = await gate(folder, recipe);
    if (!values["only-shards"]) await runAlone(recipe, gated, join(folder, "one-writer"));
    if (Number(values.shards) > 0) await runShards(recipe, gated, join(folder, "shards"));
  } finally {
    server.kill();
    if (values.dir === undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function writeRecipe(folder, port) {
  const recipe = join(folder, "recipe.yaml");
  const teachers = ["glm", "kimi"].map(
    (name) =>
      `  - { name: ${name}, model: ${name}, dialect: ${name}, endpoints: ["http://127.0.0.1:${port}/${name}/v1"] }\n`,
  );
  const sources = "images: [{ source: webdataset, path: ./pictures }]";
  await writeFile(recipe, `name: large\n${sources}\nteachers:\n${teachers.join("")}`);
  return recipe;
}

/** Makes the pictures and a gated run folder, where an earlier start did not. */
async function gate(folder, recipe) {
  const pictures = join(folder, "pictures");
  if (!(await isThere(join(folder, "pictures-made")))) {
    const list = await readFile(join(ROOT, "data/imagenet21k/imagenet21k-p-winter21-10450.txt"), "utf8");
    await writeSmallPictures(pictures, {
      count: PICTURES,
      classes: list.trim().split("\n"),
      photos: join(ROOT, "data/photos"),
    });
    await writeFile(join(folder, "pictures-made"), "");
  }
  const gated = join(folder, "gated");
  if (!(await isThere(join(gated, "sample.json")))) {
    const { seconds, peak } = await start(["images", recipe, "--out", gated]).ended;
    say(
      `gate: ${PICTURES} pictures in ${seconds.toFixed(0)} s, ${Math.round(PICTURES / seconds)}/s, ${peak} MB resident at most`,
    );
  }
  return gated;
}

async function runAlone(recipe, gated, run) {
  await copyRun(gated, run);
  const status = watchStatus(run);
  const { seconds, cpu, resident, peak, sealing } = await start(["run", recipe, "--out", run]).ended;
  say(`one writer: ${describePace(seconds, cpu)}`);
  say(
    `resident MB of the program at every tenth: ${tenths(resident).join(" ")}; at most ${peak}, its sealing process ${sealing}`,
  );
  await status.end();
  await describeFolder(run);
  const again = await start(["run", recipe, "--out", run]).ended;
  say(
    `the same line again, which asks nothing: ${again.seconds.toFixed(1)} s (of CPU ${again.cpu.toFixed(1)} s), ${again.peak} MB`,
  );
}

async function runShards(recipe, gated, run) {
  await copyRun(gated, run);
  const count = Number(values.shards);
  const status = watchStatus(run);
  const ends = [];
  let next = 0;
  const began = performance.now();
  const lane = async () => {
    while (next < count) ends.push(await start(["run", recipe, "--out", run, "--shard", `${next++}/${count}`]).ended);
  };
  await Promise.all(Array.from({ length: Number(values["at-once"]) }, lane));
  const seconds = (performance.now() - began) / 1000;
  say(
    `${count} shards, ${values["at-once"]} at once: ${describePace(
      seconds,
      ends.reduce((sum, { cpu }) => sum + cpu, 0),
    )}`,
  );
  const peaks = ends.map(({ peak }) => peak);
  say(
    `resident MB of a shard at most: ${Math.min(...peaks)} to ${Math.max(...peaks)}, of a sealing process ${Math.max(...ends.map(({ sealing }) => sealing))}`,
  );
  await status.end();
  await describeFolder(run);
  const again = await start(["run", recipe, "--out", run, "--shard", `0/${count}`]).ended;
  say(
    `shard 0/${count} again, which asks nothing: ${again.seconds.toFixed(1)} s (of CPU ${again.cpu.toFixed(1)} s), ${again.peak} MB`,
  );
}

/** The CPU time is the program's own, without server and sealing: on a machine that others use it says more than the pace. */
function describePace(seconds, cpu) {
  const pace = `${CELLS} cells in ${seconds.toFixed(0)} s, ${Math.round(CELLS / seconds)} pairs/s`;
  return `${pace}; the program took ${cpu.toFixed(0)} s of CPU, ${((1000 * cpu) / CELLS).toFixed(2)} ms a pair`;
}

async function copyRun(from, to) {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
}

/** Starts the program. Its end gives seconds, and resident memory in MB, sampled: its own and its sealing process's. */
function start(args) {
  const began = performance.now();
  const child = spawn(process.execPath, [...flagsOf(args[0]), ...PROGRAM, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    words = (words + text).slice(-2_000);
  });
  const resident = [];
  let sealing = 0;
  const sample = async () => {
    resident.push(await residentOf(child.pid));
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").catch(() => "");
    for (const pid of children.split(" ").filter(Boolean)) sealing = Math.max(sealing, await residentOf(pid));
  };
  const timer = setInterval(sample, SAMPLE_MS);
  const ended = new Promise((resolveEnd, reject) => {
    child.once("close", (code) => {
      clearInterval(timer);
      const known = resident.filter((megabytes) => megabytes > 0);
      const seconds = (performance.now() - began) / 1000;
      if (code === 0) resolveEnd({ seconds, cpu: cpuOf(words), resident: known, peak: Math.max(0, ...known), sealing });
      else reject(new Error(`${args.join(" ")} ended with ${code}: ${words}`));
    });
  });
  return { ended };
}

function cpuOf(words) {
  return Number(/cpu (\d+)\s*$/.exec(words)?.[1] ?? Number.NaN) / 1e6;
}

async function residentOf(pid) {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024);
}

/** Asks for the state every so often, as a person at another terminal does: from the start of that process to its end. */
function watchStatus(run) {
  const times = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      await new Promise((wake) => setTimeout(wake, STATUS_MS).unref());
      const began = performance.now();
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [...PROGRAM, "status", run, "--json"]);
      const models = Object.values(JSON.parse(stdout).models);
      const final = models.reduce((sum, { missing }) => sum + PICTURES - missing, 0);
      times.push({ seconds: (performance.now() - began) / 1000, cpu: cpuOf(stderr), final });
      if (times.length % 12 === 1)
        say(`  status: ${final} cells final, answered in ${times.at(-1).seconds.toFixed(2)} s`);
    }
  })();
  return {
    async end() {
      isOver = true;
      await asking;
      const sorted = times.map(({ seconds }) => seconds).sort((a, b) => a - b);
      const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(2);
      say(
        `status from another process: ${times.length} times, median ${at(0.5)} s, 95 % within ${at(0.95)} s, at most ${at(1)} s; ` +
          `of CPU at most ${Math.max(...times.map(({ cpu }) => cpu)).toFixed(2)} s`,
      );
    },
  };
}

async function describeFolder(run) {
  const sizes = new Map();
  let files = 0;
  for (const entry of await readdir(run, { recursive: true, withFileTypes: true })) {
    files += 1;
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const [room] = path.slice(run.length + 1).split("/");
    sizes.set(room, (sizes.get(room) ?? 0) + (await stat(path)).size);
  }
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const largest = [...sizes].sort((a, b) => b[1] - a[1]).slice(0, 3);
  say(
    `folder: ${(bytes / 1e6).toFixed(0)} MB (${largest.map(([name, size]) => `${name} ${(size / 1e6).toFixed(1)}`).join(", ")}), ` +
      `${Math.round(bytes / CELLS)} bytes a pair; ${files} files and folders, ${((1000 * files) / CELLS).toFixed(2)} for a thousand pairs`,
  );
}

function tenths(list) {
  return Array.from({ length: 10 }, (_, tenth) => list[Math.floor((tenth / 10) * list.length)] ?? 0);
}

async function isThere(path) {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function say(sentence) {
  console.log(`${new Date().toISOString().slice(11, 19)} (load ${loadavg()[0].toFixed(1)}) ${sentence}`);
}
