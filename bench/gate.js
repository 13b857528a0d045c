// Pictures gated a second, beside sharp decoding the same files to raw pixels and doing nothing else, with as many
// processes. The gate also reads the file, hashes it, looks at its structure, measures it and sends the verdict home.
//
//     node bench/gate.js [--dist DIR] [--pictures N] [--rounds N]
//
// Both sides are warmed up, then take turns, a slice of the pictures each, so that other work on the machine meets
// both alike; the figure that counts is the median of the rounds' ratios.

import { fork } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";

const WIDTH = 500;
const HEIGHT = 375;
const MIN_BYTES = 75_000;
const IN_FLIGHT = 4;
/** Requests the caller keeps waiting for each worker, as the draw does. */
const LANES = 16;
const SLICE = 400;
const BAR = 0.8;
const BARE_WORKER = "--bare-worker";

if (process.argv[2] === BARE_WORKER) bareWorker();
else await main();

async function main() {
  const { values } = parseArgs({
    options: {
      dist: { type: "string", default: fileURLToPath(new URL("../dist", import.meta.url)) },
      pictures: { type: "string", default: "2000" },
      rounds: { type: "string", default: "5" },
    },
  });
  const { openDecodePool } = await import(pathToFileURL(join(resolve(values.dist), "images/index.js")).href);
  const folder = await mkdtemp(join(tmpdir(), "gate-bench-"));
  try {
    const made = await makePictures(folder, Number(values.pictures));
    console.log(
      `${made.names.length} JPEG pictures of ${WIDTH}×${HEIGHT}, ${Math.round(made.bytes / made.names.length / 1000)} kB on average`,
    );
    console.log(
      `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}, libvips ${sharp.versions.vips}`,
    );
    const ours = openOurs(openDecodePool, folder);
    const bare = await openBare(folder);
    await ours.run(made.names);
    await bare.run(made.names);
    const ratios = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const ms = new Map([
        [ours, 0],
        [bare, 0],
      ]);
      for (let start = 0, turn = round; start < made.names.length; start += SLICE, turn++) {
        const slice = made.names.slice(start, start + SLICE);
        for (const side of turn % 2 === 0 ? [bare, ours] : [ours, bare]) {
          const began = performance.now();
          await side.run(slice);
          ms.set(side, ms.get(side) + performance.now() - began);
        }
      }
      const rate = (side) => ((made.names.length * 1000) / ms.get(side)).toFixed(0);
      ratios.push(ms.get(bare) / ms.get(ours));
      console.log(
        `round ${round + 1}: gate ${rate(ours)}/s, bare sharp ${rate(bare)}/s, ratio ${ratios.at(-1).toFixed(3)}`,
      );
    }
    await Promise.all([ours.close(), bare.close()]);
    const middle = median(ratios);
    console.log(`median ratio ${middle.toFixed(3)}: ${middle >= BAR ? "meets" : "MISSES"} the bar of ${BAR}`);
    process.exitCode = middle >= BAR ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function openOurs(openDecodePool, folder) {
  const gate = { minSide: 224, maxPixels: 4096 * 4096, blur: null, blank: null };
  const pool = openDecodePool({ sources: [{ source: "folder", path: folder }], gate });
  return {
    run: async (names) => {
      let next = 0;
      const lane = async () => {
        while (next < names.length) {
          const fileName = names[next++];
          const image = { id: fileName.slice(0, -4), class: null, fileName, locator: { source: 0, path: fileName } };
          const { accepted, rejected } = await pool.inspect(image);
          if (accepted?.preparation !== "as-is/1")
            throw new Error(`${fileName}: ${JSON.stringify(rejected ?? accepted)}`);
        }
      };
      await Promise.all(Array.from({ length: LANES * availableParallelism() }, lane));
    },
    close: pool.close,
  };
}

async function openBare(folder) {
  const workers = Array.from({ length: availableParallelism() }, () =>
    fork(fileURLToPath(import.meta.url), [BARE_WORKER]),
  );
  const said = (worker) => new Promise((done) => worker.once("message", done));
  await Promise.all(workers.map(said));
  return {
    run: (names) =>
      Promise.all(
        workers.map((worker, index) => {
          worker.send(names.filter((_, place) => place % workers.length === index).map((name) => join(folder, name)));
          return said(worker);
        }),
      ),
    close: async () => {
      for (const worker of workers) worker.disconnect();
    },
  };
}

function bareWorker() {
  sharp.cache(false);
  sharp.concurrency(1);
  process.on("message", async (paths) => {
    let next = 0;
    const lane = async () => {
      while (next < paths.length) await sharp(paths[next++]).raw().toBuffer();
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    process.send("done");
  });
  process.send("ready");
}

/** Distinct crops of the repository's photographs, each at the lowest quality that reaches the size. */
async function makePictures(folder, count) {
  const root = fileURLToPath(new URL("../data/photos", import.meta.url));
  const files = (await readdir(root, { recursive: true })).filter((name) => /\.jpe?g$/i.test(name)).sort();
  const sources = await Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(join(root, file));
      return { bytes, ...(await sharp(bytes).metadata()) };
    }),
  );
  const names = [];
  let bytes = 0;
  const lane = async () => {
    while (names.length < count) {
      const index = names.push(`${names.length}.jpg`) - 1;
      const picture = await makePicture(sources[index % sources.length], index);
      bytes += picture.length;
      await writeFile(join(folder, `${index}.jpg`), picture);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return { names, bytes };
}

async function makePicture(source, index) {
  const part = (step) => (index * step) % 1;
  const width = Math.floor(source.width * (0.6 + 0.4 * part(0.618)));
  const height = Math.floor(Math.min(source.height, width * 0.75));
  const crop = {
    left: Math.floor((source.width - width) * part(0.37)),
    top: Math.floor((source.height - height) * part(0.73)),
    width,
    height,
  };
  const raw = await sharp(source.bytes).extract(crop).resize(WIDTH, HEIGHT, { fit: "fill" }).raw().toBuffer();
  for (const quality of [80, 90, 95, 97, 98, 99, 100]) {
    const picture = await sharp(raw, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .jpeg({ quality })
      .toBuffer();
    if (picture.length >= MIN_BYTES || quality === 100) return picture;
  }
  throw new Error("unreachable");
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
