// The program driving a server that costs next to nothing, beside a bare loop that reads the same streams. See --help.
import { fork, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";

const HELP = `node bench/drive.js [--dist DIR] [--pictures N] [--rounds N] [--cases a,b] [--floor] [--keep FOLDER]

Two processes take turns at one server in a third, all on the same cores:
  program    \`imagenet-think run\` as a user starts it, on a folder of pictures that was gated before (\`images --out\`):
             its journal synced, its parts sealed, everything it does from start to exit
  loop       bench/drive-loop.js: reads the picture, builds the body as bytes, reads and joins the stream; keeps nothing
Pictures are distinct JPEGs of about 110 kB, sent as base64. A reply is 5 kB of text in 60 events, each written by
itself: at once where there is no latency (one-piece: in a single write), else spread over the latency (lognormal).
  pairs/s    by the server's clock, from the first request to the end of the last reply
  CPU        user and system of the whole process and of the one that seals, start and end included
  written    what the kernel counts as written to disk (pages, so a line that is added to a page counts the page) and,
             after it, the length of everything written to the run folder; for a byte of reply text
  memory     the most resident, sampled: the program alone, and with the process that seals
  floor      with --floor: the loop once more, which now hashes its pictures and keeps a synced journal (nothing sealed)
Medians of the rounds' ratios. The program starts, compiles and loads its libraries for about two seconds of CPU, which
20,000 pairs spread thinly; a run of days does it better. --keep makes pictures and sample there, and uses them again.`;

const { values } = parseArgs({
  options: {
    dist: { type: "string", default: fileURLToPath(new URL("../dist", import.meta.url)) },
    pictures: { type: "string", default: "20000" },
    rounds: { type: "string", default: "5" },
    cases: { type: "string", default: "no-latency,200-ms,one-piece,event-a-token,files,adaptive" },
    floor: { type: "boolean", default: false },
    keep: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const CASES = {
  "no-latency": { meanMs: 0, events: 60, inFlight: 64, hasBars: true },
  "200-ms": { meanMs: 200, events: 60, inFlight: 256, hasBars: true },
  "one-piece": { meanMs: 0, events: 60, inFlight: 64, inOnePiece: true },
  "event-a-token": { meanMs: 0, events: 1204, inFlight: 64 },
  files: { meanMs: 0, events: 60, inFlight: 64, files: true },
  adaptive: { meanMs: 200, events: 60, inFlight: 256, isAdaptive: true },
};
const BARS = { rate: 0.9, cpu: 1.3, written: 2.2, memory: 400 };
const PICTURE_BYTES = 110_000;
const SAMPLE_MS = 100;
const PICTURES = Number(values.pictures);

async function main() {
  const folder = values.keep === undefined ? await mkdtemp(join(tmpdir(), "drive-bench-")) : resolve(values.keep);
  await mkdir(folder, { recursive: true });
  const server = fork(fileURLToPath(new URL("drive-server.js", import.meta.url)));
  const ask = (message) => {
    const answer = new Promise((done) => server.once("message", done));
    if (message !== undefined) server.send(message);
    return answer;
  };
  try {
    const bench = { folder, ask, url: `http://127.0.0.1:${await ask()}/v1`, start: await writeStarter(folder) };
    console.log(`${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}, load ${load()}`);
    await prepare(bench);
    for (const name of values.cases.split(",")) await measureCase(name, CASES[name], bench);
    console.log(`load at the end ${load()}`);
  } finally {
    server.disconnect();
    if (values.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
}

const load = () =>
  loadavg()
    .map((one) => one.toFixed(1))
    .join(" ");

/** `bin/imagenet-think.js`, for the build that is measured. */
async function writeStarter(folder) {
  const path = join(folder, "imagenet-think.mjs");
  const main = JSON.stringify(resolve(values.dist, "cli/main.js"));
  await writeFile(path, `import { main } from ${main};\nprocess.exitCode = await main(process.argv);\n`);
  return path;
}

/** Makes the pictures and their sample, where an earlier start has not. */
async function prepare(bench) {
  const { folder } = bench;
  if ((await readdir(folder)).includes("gated")) return;
  const bytes = await makePictures(join(folder, "pictures"));
  console.log(`${PICTURES} pictures of ${Math.round(bytes / PICTURES / 1000)} kB on average`);
  await writeRecipe(bench, CASES["no-latency"]);
  const gated = await runProgram(bench, "images", join(folder, "recipe.yaml"), "--out", join(folder, "gated"));
  console.log(`gate: ${(PICTURES / gated.seconds).toFixed(0)} pictures/s with start and listing (\`images --out\`)`);
}

async function writeRecipe({ folder, url }, { inFlight, isAdaptive }) {
  const concurrency = isAdaptive ? "" : `, concurrency: ${inFlight}`;
  await writeFile(
    join(folder, "recipe.yaml"),
    `name: drive
images: [{ source: folder, path: ./pictures }]
gate: { blur: null, blank: null }
teachers:
  - { name: bench, endpoints: "${url}", model: bench, dialect: glm${concurrency} }
`,
  );
}

/** Crops of the bundled photographs, made distinct by a comment, which no decoder looks at. */
async function makePictures(target) {
  const photos = fileURLToPath(new URL("../data/photos", import.meta.url));
  const names = (await readdir(photos, { recursive: true })).filter((name) => /\.jpe?g$/i.test(name)).sort();
  await mkdir(join(target, "made-00"), { recursive: true });
  let bytes = 0;
  const kinds = await Promise.all(
    names.flatMap((name) => [0, 1, 2, 3].map((part) => makePicture(join(photos, name), part))),
  );
  for (let index = 0; index < PICTURES; index++) {
    const kind = kinds[index % kinds.length];
    const comment = Buffer.from(`\xff\xfe\x00\x0a${String(index).padStart(8, "0")}`, "latin1");
    const picture = Buffer.concat([kind.subarray(0, 2), comment, kind.subarray(2)]);
    bytes += picture.length;
    await writeFile(join(target, "made-00", `made-00_${index}.jpg`), picture);
  }
  return bytes;
}

/** The quality whose size is nearest to what is wanted. */
async function makePicture(file, part) {
  const cropped = await sharp(file)
    .resize({ width: 700, height: 540, fit: "cover", position: part * 2 + 1 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const made = await Promise.all(
    [60, 70, 80, 85, 90, 93, 96, 98].map((quality) =>
      sharp(cropped.data, { raw: cropped.info }).jpeg({ quality }).toBuffer(),
    ),
  );
  const off = (picture) => Math.abs(picture.length - PICTURE_BYTES);
  return made.reduce((best, one) => (off(one) < off(best) ? one : best));
}

async function measureCase(name, settings, bench) {
  await writeRecipe(bench, settings);
  const sides = { program: measureProgram, loop: measureLoop };
  if (values.floor && settings.hasBars) sides.floor = measureFloor;
  const names = Object.keys(sides);
  const rounds = [];
  for (let round = 0; round < (settings.hasBars ? Number(values.rounds) : 1); round++) {
    const found = {};
    for (const side of round % 2 === 0 ? names : names.toReversed()) found[side] = await sides[side](settings, bench);
    rounds.push(found);
    console.log(`${name} ${round + 1}: ${names.map((side) => `${side} ${describe(found[side])}`).join("; ")}`);
  }
  const ratio = (side, key) => median(rounds.map((round) => round[side][key] / round.loop[key]));
  const most = (key) => Math.max(...rounds.map(({ program }) => program[key]));
  const written = median(rounds.map(({ program }) => program.written));
  const bar = (key, isMet) => (settings.hasBars ? ` (${isMet ? "meets" : "MISSES"} ${BARS[key]})` : "");
  const [rate, cpu] = [ratio("program", "rate"), ratio("program", "cpu")];
  console.log(
    [
      `${name}: ${(100 * rate).toFixed(1)} % of the loop's pairs/s${bar("rate", rate >= BARS.rate)}`,
      `${cpu.toFixed(2)} times its CPU${bar("cpu", cpu <= BARS.cpu)}`,
      `${written.toFixed(2)} bytes written for a byte of reply${bar("written", written <= BARS.written)}`,
      `${most("memory")} MB resident${bar("memory", most("memory") < BARS.memory)}, ${most("tree")} MB while it seals`,
    ].join(", "),
  );
  if (sides.floor === undefined) return;
  const [floorRate, floorCpu] = [ratio("floor", "rate"), ratio("floor", "cpu")];
  console.log(
    `${name}, floor: ${(100 * floorRate).toFixed(1)} % of the loop's pairs/s, ${floorCpu.toFixed(2)} times its CPU`,
  );
}

const describe = ({ rate, cpu, seconds, memory, tree, written, length, mostInFlight }) =>
  `${rate.toFixed(0)}/s ${cpu.toFixed(2)} ms CPU a pair` +
  (written === undefined ? "" : ` written ${written.toFixed(2)} (${length.toFixed(2)})`) +
  ` ${memory} MB (${tree} MB) ${mostInFlight} in flight, ${seconds.toFixed(1)} s in all`;

async function measureProgram(settings, bench) {
  const out = join(bench.folder, "run");
  await rm(out, { recursive: true, force: true });
  await cp(join(bench.folder, "gated"), out, { recursive: true });
  const measured = await measure(settings, bench, () =>
    runProgram(bench, "run", join(bench.folder, "recipe.yaml"), "--out", out),
  );
  const length = (await lengthOf(join(out, "replies"))) + (await lengthOf(join(out, "writers")));
  return { ...measured, written: measured.written / measured.text, length: length / measured.text };
}

async function measureLoop(settings, bench) {
  const { written: _, ...measured } = await measure(settings, bench, () => runLoop(bench, settings));
  return measured;
}

async function measureFloor(settings, bench) {
  const journal = join(bench.folder, "journal.jsonl");
  await rm(journal, { force: true });
  const { written: _, ...measured } = await measure(settings, bench, () => runLoop(bench, settings, journal));
  return measured;
}

function runLoop({ url, folder }, { inFlight }, ...journal) {
  const loop = fileURLToPath(new URL("drive-loop.js", import.meta.url));
  return runProcess([loop, url, join(folder, "pictures"), String(inFlight), ...journal]);
}

async function measure({ meanMs, events, inOnePiece = false, files = false }, { ask }, run) {
  await ask({ mode: { meanMs, events, inOnePiece, files } });
  const { seconds, cpuMs, written, memory, tree } = await run();
  const { replies, firstAt, lastAt, mostInFlight, replyBytes } = await ask("report");
  if (replies !== PICTURES) throw new Error(`${replies} replies instead of ${PICTURES}`);
  const rate = (replies / (lastAt - firstAt)) * 1000;
  return { rate, cpu: cpuMs / replies, seconds, written, memory, tree, mostInFlight, text: replies * replyBytes };
}

const runProgram = ({ start }, ...args) => runProcess([start, ...args]);

/** Runs Node; gives its seconds, its CPU and bytes written (its children's too), and its most resident memory, alone and with them. */
async function runProcess(args) {
  const before = await ofChildren();
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    words += text;
  });
  let memory = 0;
  let tree = 0;
  const sampler = setInterval(async () => {
    const [own, ...others] = await Promise.all([child.pid, ...(await childrenOf(child.pid))].map(residentMb));
    memory = Math.max(memory, own);
    tree = Math.max(
      tree,
      others.reduce((sum, one) => sum + one, own),
    );
  }, SAMPLE_MS);
  const code = await new Promise((done) => child.once("exit", done));
  clearInterval(sampler);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${words.slice(-800)}`);
  const after = await ofChildren();
  return {
    seconds: (performance.now() - startedAt) / 1000,
    cpuMs: after.cpuMs - before.cpuMs,
    written: after.written - before.written,
    memory,
    tree,
  };
}

/** What this process's ended children have used, by /proc: hundredths of seconds, and bytes of pages made dirty. */
async function ofChildren() {
  const stat = await readFile("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const io = await readFile("/proc/self/io", "utf8");
  return { cpuMs: 10 * (Number(fields[13]) + Number(fields[14])), written: Number(/^write_bytes: (\d+)/m.exec(io)[1]) };
}

async function residentMb(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

async function childrenOf(pid) {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return list.split(" ").filter((one) => one !== "");
}

/** Bytes of all files below, and of the journals that became segments. */
async function lengthOf(folder) {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    bytes += (await stat(path)).size;
    if (/-\d+\.json$/.test(entry.name)) bytes += JSON.parse(await readFile(path, "utf8")).journalBytes;
  }
  return bytes;
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

if (values.help) console.log(HELP);
else await main();
