// The main job against two observers, each a process of its own: pairs a second, and the program's memory over time.
//
//     node bench/run.js [--pictures N]         (default 10,000 pictures × 2 teachers = 20,000 cells)
//
// Pictures are seeded crops of the bundled photographs. The program is started as a user starts it, under
// `/proc/PID/status`; the observers' own work shares the cores, so the rate says more about them than about the client.

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";

const { values } = parseArgs({ options: { pictures: { type: "string", default: "10000" } } });
const PICTURES = Number(values.pictures);
const CLASSES = 40;
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SAMPLE_MS = 2_000;

const folder = await mkdtemp(join(tmpdir(), "run-bench-"));
try {
  console.log(`${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}`);
  await makePictures(join(folder, "pictures"));
  const recipe = join(folder, "recipe.yaml");
  await writeFile(
    recipe,
    `name: bench
images: [{ source: folder, path: ./pictures }]
teachers:
  - { name: glm, endpoints: observer, dialect: glm }
  - { name: kimi, endpoints: observer, dialect: kimi }
`,
  );
  const gated = await run("images", recipe, "--out", join(folder, "run"));
  console.log(
    `gate: ${PICTURES} pictures in ${gated.seconds.toFixed(1)} s, ${(PICTURES / gated.seconds).toFixed(0)}/s with start and listing`,
  );
  const asked = await run("run", recipe, "--out", join(folder, "run"));
  const cells = PICTURES * 2;
  console.log(`run: ${cells} cells in ${asked.seconds.toFixed(1)} s, ${(cells / asked.seconds).toFixed(0)} pairs/s`);
  console.log(
    `memory of the program (resident MB, every tenth of the run): ${tenths(asked.resident).join(" ")}; peak ${Math.max(...asked.resident)}`,
  );
  const again = await run("run", recipe, "--out", join(folder, "run"));
  console.log(`the same line again, which asks nothing: ${again.seconds.toFixed(1)} s`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function makePictures(target) {
  const photos = join(ROOT, "data/photos");
  const names = (await readdir(photos, { recursive: true })).filter((name) => name.endsWith(".JPEG"));
  const sources = await Promise.all(
    names.map(async (name) => sharp(await readFile(join(photos, name))).toBuffer({ resolveWithObject: true })),
  );
  for (let index = 0; index < CLASSES; index++) await mkdir(join(target, className(index)), { recursive: true });
  for (let start = 0; start < PICTURES; start += 64) {
    const batch = Array.from({ length: Math.min(64, PICTURES - start) }, (_, offset) => start + offset);
    await Promise.all(
      batch.map(async (index) => {
        const { data, info } = sources[index % sources.length];
        const width = 230 + ((index * 37) % Math.max(1, info.width - 230));
        const height = 230 + ((index * 53) % Math.max(1, info.height - 230));
        const left = (index * 17) % Math.max(1, info.width - width);
        const top = (index * 29) % Math.max(1, info.height - height);
        const jpeg = await sharp(data).extract({ left, top, width, height }).jpeg({ quality: 80 }).toBuffer();
        await writeFile(join(target, className(index % CLASSES), `${className(index % CLASSES)}_${index}.JPEG`), jpeg);
      }),
    );
  }
}

function className(index) {
  return `made-${String(index).padStart(2, "0")}`;
}

/** Runs the program; gives its seconds and its resident memory in MB, sampled. */
async function run(...args) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(ROOT, "bin/imagenet-think.js"), ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    words += text;
  });
  const resident = [];
  const sampler = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, "utf8").catch(() => "");
    const kilobytes = /VmRSS:\s+(\d+)/.exec(status)?.[1];
    if (kilobytes !== undefined) resident.push(Math.round(Number(kilobytes) / 1024));
  }, SAMPLE_MS);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  clearInterval(sampler);
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}: ${words.slice(-500)}`);
  return { seconds: (performance.now() - startedAt) / 1000, resident: resident.length > 0 ? resident : [0] };
}

function tenths(list) {
  return Array.from({ length: 10 }, (_, tenth) => list[Math.floor((tenth / 10) * list.length)]);
}
