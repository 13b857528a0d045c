// A day of asking folded into minutes, and the proof that nothing was lost. See --help.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeDrill } from "./drill/describe-drill.js";
import { drawLife } from "./drill/draw-life.js";
import { chance } from "./drill/made-reply.js";
import { makePictures } from "./drill/make-pictures.js";
import { prove } from "./drill/prove.js";
import { readJournal, readLedger, readSampleIds } from "./drill/read-ledger.js";
import { startServers } from "./drill/server-processes.js";
import { openDisk } from "./drill/small-disk.js";

const HELP = `node bench/drill.js [--seed N] [--minutes 20] [--hours 24] [--kills 20] [--pictures 4000] [--disk tmpfs|limit]
       [--keep] [--dist DIR]

A day of asking folded into minutes: two teachers on five servers that restart, stall, refuse, break off and lie, an
endpoints file that changes, a disk that is full for a while, and the program killed by SIGKILL 20 times and started
again as a scheduler would. At the end it is proved from the run folder and the servers' own logs that nothing was
lost, doubled or made up. Ends with 1 where a claim does not hold.

Time is folded for the program and the servers by a factor of hours to minutes (see bench/drill/fold-time.js), so all
waits of the real program are as long as they are. \`--disk limit\` asks for no mount; --keep leaves the run folder. Linux only.`;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "20" },
    hours: { type: "string", default: "24" },
    kills: { type: "string", default: "20" },
    pictures: { type: "string", default: "4000" },
    disk: { type: "string", default: "tmpfs" },
    dist: { type: "string", default: "dist" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HOURS = Number(values.hours);
const FACTOR = (HOURS * 60) / Number(values.minutes);
/** The paper's pace is 45 GPU-seconds a reply; eight at once on a card. */
const MEAN_SECONDS = 360;
/** What a scheduler takes to start a job again, and a person to see that something must be put right (folded ms). */
const REQUEUE_MS = 120_000;
const PERSON_MS = 600_000;
/** Between two looks at the status, and the least life of a start before it is killed (real ms). */
const LOOK_EVERY_MS = Math.min(15_000, Number(values.minutes) * 15_000);
const SHORTEST_LIFE_MS = 1_000;

const folder = await mkdtemp(join(tmpdir(), "drill-"));
const disk = openDisk(join(folder, "disk"), values.disk === "tmpfs");
const run = join(folder, "disk", "run");
const programs = new Set();
let servers = null;
try {
  process.exitCode = await drill();
} finally {
  for (const child of programs) child.kill("SIGKILL");
  await servers?.stop();
  if (values.keep) cpSync(join(folder, "disk"), join(folder, "kept"), { recursive: true });
  disk.close();
  if (values.keep) console.log(`kept: ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}

async function drill() {
  let draws = 0;
  const random = () => chance(`${values.seed} ${draws++}`);
  const life = drawLife({ random, hours: HOURS, kills: Number(values.kills) });
  await makePictures(join(ROOT, "data/photos"), join(folder, "pictures"), Number(values.pictures));
  const recipe = writeRecipe(["http://127.0.0.1:9/v1"]);
  const gated = await program(["images", recipe, "--out", run], {}).ended;
  if (gated.code !== 0) throw new Error(`images ended with ${gated.code}: ${gated.stderr}`);
  const images = await readSampleIds(run);
  const odd = { killer: images[Math.floor(images.length / 10)], refused: images[Math.floor(images.length / 3)] };

  const epoch = Date.now();
  const clock = JSON.stringify({ epoch, factor: FACTOR });
  const env = { ...process.env, DRILL_CLOCK: clock, NODE_OPTIONS: preload("fold-time") };
  servers = await startServers({
    life,
    folder,
    env,
    later: (foldedMs, call) => setTimeout(call, foldedMs / FACTOR).unref(),
    told: { startedAt: epoch, hours: HOURS, meanSeconds: MEAN_SECONDS, ...odd },
  });
  writeRecipe(life.servers.filter(({ model }) => model === "kimi").map(({ name }) => servers.urlOf(name)));
  beginLife(life, epoch);
  const looking = lookOverAndOver(env);
  const starts = await runToTheEnd(recipe, env, life.kills, epoch);
  const looks = looking.stop();
  const hours = ((Date.now() - epoch) * FACTOR) / 3_600_000;

  const before = servers.log().length;
  const more = await program(["run", recipe, "--out", run], env).ended;
  const requests = servers.log().length - before;
  const said = await Promise.all(
    [
      ["status", run, "--json"],
      ["pairs", run],
    ].map((args) => program(args, env).ended),
  );
  const [status, ...pairs] = said.flatMap(({ stdout }) => stdout.trim().split("\n")).map((line) => JSON.parse(line));
  const seen = { pairs, status, looks, starts, log: servers.log(), more: { code: more.code, requests } };
  const { run8 } = JSON.parse(readFileSync(join(run, "run.json"), "utf8"));
  const proof = prove({ ...odd, ...seen, run8, ledger: await readLedger(run), synced: readSynced() });
  const where = { seed: values.seed, factor: FACTOR, disk: disk.kind, deaths: servers.deaths() };
  const { text, holds } = describeDrill({ life, hours, ...where, ...seen, ...proof });
  console.log(text);
  return holds ? 0 : 1;
}

/** Has happen at its hour what happens from outside: restarts, a changing endpoints file, a full disk. */
function beginLife({ servers: all, restarts, absences, diskFull }, epoch) {
  const atHour = (hour, call) => setTimeout(call, epoch + (hour * 3_600_000) / FACTOR - Date.now()).unref();
  const absent = new Set();
  const list = () => listEndpoints(all.filter(({ model, name }) => model === "glm" && !absent.has(name)));
  list();
  for (const { server, signal, fromHour, toHour } of restarts) {
    atHour(fromHour, () => servers.down(server, signal));
    atHour(toHour, () => servers.up(server));
  }
  for (const { server, fromHour, toHour } of absences) {
    atHour(fromHour, () => {
      absent.add(server);
      list();
    });
    atHour(toHour, () => {
      absent.delete(server);
      list();
    });
  }
  for (const { fromHour, toHour } of diskFull) {
    atHour(fromHour, () => disk.fill());
    atHour(toHour, () => disk.free());
  }
}

/** Asks for the status again and again, from a process of its own, until `stop`, which gives what was said. */
function lookOverAndOver(env) {
  const looks = [];
  let isLooking = false;
  const timer = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    const { code, stdout } = await program(["status", run, "--json"], env).ended;
    looks.push({ code, said: code === 0 ? JSON.parse(stdout) : null });
    isLooking = false;
  }, LOOK_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return [...looks];
    },
  };
}

/** Starts the program until it is done; kills it at its hours, or soon after the next start where it was not running then. */
async function runToTheEnd(recipe, env, kills, epoch) {
  const starts = [];
  const due = kills.map((hour) => epoch + (hour * 3_600_000) / FACTOR);
  for (;;) {
    const witness = join(folder, "synced", String(starts.length));
    const child = program(["run", recipe, "--out", run], {
      ...env,
      NODE_OPTIONS: `${preload("fold-time")} ${preload("witness")}`,
      DRILL_WITNESS: witness,
    });
    const killAt = due[0];
    let isKilled = false;
    const timer =
      killAt === undefined
        ? undefined
        : setTimeout(
            () => {
              isKilled = child.process.kill("SIGKILL");
            },
            Math.max(SHORTEST_LIFE_MS, killAt - Date.now()),
          );
    const { code, stderr } = await child.ended;
    clearTimeout(timer);
    if (isKilled) due.shift();
    starts.push({ end: code === null && isKilled ? "killed" : code, writer: writerOf(child.process.pid) });
    appendFileSync(join(folder, "said.txt"), `${stderr}start ${starts.length} ended with ${code}\n\n`);
    if (code === 0) return starts;
    if (code !== null && code !== 1 && code !== 3)
      throw new Error(`the program ended with ${code}: ${stderr.slice(-2_000)}`);
    await new Promise((done) => setTimeout(done, (code === 1 ? PERSON_MS : REQUEUE_MS) / FACTOR));
  }
}

/** The program with its time folded where `env` says so. */
function program(args, env) {
  const line = [process.execPath, fileURLToPath(new URL("./drill/program.js", import.meta.url)), ...args];
  const child = spawn("/bin/sh", ["-c", disk.wrap(), "sh", ...line], {
    env: { ...process.env, ...env, DRILL_DIST: resolve(ROOT, values.dist) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  programs.add(child);
  child.once("close", () => programs.delete(child));
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  return { process: child, ended: once(child, "close").then(([code]) => ({ code, stdout, stderr })) };
}

function preload(name) {
  return `--import ${new URL(`./drill/${name}.js`, import.meta.url).href}`;
}

/** One teacher's servers stand in a file that others change, the other's in the recipe. */
function writeRecipe(kimiUrls) {
  const path = join(folder, "recipe.json");
  const teachers = ["glm", "kimi"].map((name) => ({
    name,
    model: `made-${name}`,
    dialect: name,
    endpoints: name === "glm" ? "./endpoints.jsonl" : kimiUrls,
  }));
  const recipe = { name: "drill", images: [{ source: "folder", path: "./pictures" }], teachers };
  writeFileSync(path, JSON.stringify(recipe));
  return path;
}

function listEndpoints(listed) {
  const path = join(folder, "endpoints.jsonl");
  writeFileSync(`${path}.new`, listed.map(({ name }) => `${JSON.stringify({ url: servers.urlOf(name) })}\n`).join(""));
  renameSync(`${path}.new`, path);
}

/** The writer that a process became; null where it was let in nowhere. */
function writerOf(pid) {
  const claims = join(run, "writers/claims");
  if (!existsSync(claims)) return null;
  const mine = readdirSync(claims)
    .map((name) => JSON.parse(readFileSync(join(claims, name), "utf8")))
    .findLast((claim) => claim.pid === pid);
  return mine?.writer ?? null;
}

/** Every event that a sync of any start covered. */
function readSynced() {
  const synced = join(folder, "synced");
  return readdirSync(synced, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readJournal(join(synced, name)).filter(({ event }) => event === "ended"));
}
