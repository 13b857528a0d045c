// What it costs to write a dataset. `--dist DIR` takes another build.
//   node bench/export.js text [pairs]        made-up texts of full length to `huggingface`, without pixels: rows/s, memory
//   node bench/export.js pixels [pictures]   the same with pictures of 110 kB: MB/s, beside a plain copy of the files
//   node bench/export.js run [pairs]         the whole way from a run folder, replies parsed twice and put in sample order
//   node bench/export.js from RUN            the same from a run that is there already: rows/s, CPU time, memory over time
// bench/export_reference.py writes the table of the first with pyarrow.
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const args = process.argv.slice(2);
const at = args.indexOf("--dist");
const dist = at < 0 ? "dist" : args.splice(at, 2)[1];
const kept = args.indexOf("--keep");
const keep = kept < 0 ? null : args.splice(kept, 2)[1];
const room = (name) => import(pathToFileURL(resolve(dist, name, "index.js")).href);
const [mode = "text", size] = args;
const { exporterNamed, writeExport } = await room("export");

const TEACHERS = ["glm", "kimi"];
const PICTURE_BYTES = 110_000;
/** Words of a made-up text; a pair of the paper has some 600 tokens. */
const [THINKING_WORDS, ANSWER_WORDS] = [360, 160];
const work = await mkdtemp(join(keep ?? tmpdir(), "bench-export-"));

// A seeded generator, so that every run writes the same table.
let state = 1;
const next = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const WORDS = Array.from({ length: 6_000 }, () =>
  Array.from({ length: 2 + Math.floor(next() * 9) }, () => String.fromCharCode(97 + Math.floor(next() * 26))).join(""),
);
// Frequent words are frequent, as in a language, so that packing has something to do.
const word = () => WORDS[Math.floor(WORDS.length * next() ** 3)];
const text = (words) => `${Array.from({ length: words }, word).join(" ")}.`;

const resident = () => Math.round(process.memoryUsage.rss() / 1e6);
let peak = 0;
const samples = [];
const watch = setInterval(() => {
  samples.push(resident());
  peak = Math.max(peak, samples.at(-1));
}, 200);
const tenths = () => Array.from({ length: 10 }, (_, tenth) => samples[Math.floor((tenth / 10) * samples.length)]);

function imageAt(place) {
  const wnid = `n${String(10_000_000 + (place % 10_450))}`;
  const id = `${wnid}_${place}`;
  return {
    id,
    class: wnid,
    fileName: `${wnid}/${id}.JPEG`,
    sha256: createHash("sha256").update(id).digest("hex"),
    width: 500,
    height: 375,
    weight: 53.5,
    review: false,
  };
}

function inputOf(pictures, withPixels, pixels) {
  return {
    options: { teachers: TEACHERS, withPixels, parts: "both", thinking: null, splits: ["train"] },
    async *rows() {
      state = 7;
      for (let place = 0; place < pictures; place++) {
        const image = imageAt(place);
        const pairs = TEACHERS.map((teacher) => ({
          image,
          teacher,
          prompt: "Please analyze this image step by step.",
          thinking: text(THINKING_WORDS),
          answer: text(ANSWER_WORDS),
          observer: false,
          tokens: { thinking: THINKING_WORDS, answer: ANSWER_WORDS },
        }));
        yield { image, split: "train", pairs };
      }
    },
    pixels,
    lengths: { tokenizer: "none", exact: true, longest: 600, cuts: [] },
    card: "# Made up\n",
    cardFields: {},
  };
}

const facts = {
  run: { name: "bench", run8: "00000000" },
  toolVersion: "0",
  options: {},
  outcomes: {},
  pairs: { inExport: 0, heldBack: {}, escaped: 0, bySplit: {} },
};

async function writeText(pairs) {
  const pictures = pairs / TEACHERS.length;
  let start = performance.now();
  for await (const _ of inputOf(pictures, false).rows());
  const making = (performance.now() - start) / 1000;
  start = performance.now();
  const to = join(work, "export");
  const done = await writeExport({
    exporter: exporterNamed("huggingface"),
    input: inputOf(pictures, false),
    to,
    facts,
  });
  const seconds = (performance.now() - start) / 1000;
  const bytes = done.files.reduce((sum, file) => sum + file.bytes, 0);
  console.log(
    `${pairs} pairs to huggingface in ${seconds.toFixed(1)} s, of which ${making.toFixed(1)} s made the texts: ` +
      `${Math.round(pairs / (seconds - making))} rows/s, ${Math.round(bytes / 1e6)} MB on disk, ${peak} MB resident at most`,
  );
}

async function writePixels(pictures) {
  const folder = join(work, "pictures");
  const image = (place) => join(folder, imageAt(place).fileName);
  for (let place = 0; place < pictures; place++) {
    await mkdir(resolve(image(place), ".."), { recursive: true });
    await writeFile(image(place), randomBytes(PICTURE_BYTES));
  }
  let start = performance.now();
  for (let place = 0; place < pictures; place++) {
    await mkdir(resolve(join(work, "copy", imageAt(place).fileName), ".."), { recursive: true });
    await copyFile(image(place), join(work, "copy", imageAt(place).fileName));
  }
  const copying = (performance.now() - start) / 1000;
  const megabytes = (pictures * PICTURE_BYTES) / 1e6;
  console.log(`plain copy of ${pictures} pictures: ${Math.round(megabytes / copying)} MB/s`);
  await rm(join(work, "copy"), { recursive: true });
  const read = async ({ fileName }) => {
    const bytes = await readFile(join(folder, fileName));
    createHash("sha256").update(bytes).digest("hex");
    return bytes;
  };
  for (const format of ["huggingface", "webdataset", "llama-factory"]) {
    const to = join(work, format);
    start = performance.now();
    await writeExport({ exporter: exporterNamed(format), input: inputOf(pictures, true, read), to, facts });
    const seconds = (performance.now() - start) / 1000;
    console.log(
      `${format} with pixels in ${seconds.toFixed(1)} s: ${Math.round(megabytes / seconds)} MB/s of pictures, hashed on the way in and out, ${peak} MB resident at most`,
    );
    await rm(to, { recursive: true });
  }
}

async function writeFromRun(pairs) {
  const [{ openStore }, { dialectNamed, PARSER_VERSION }, { writeMadeUpRun }] = await Promise.all(
    ["store", "parsing", "testing"].map(room),
  );
  const run = join(work, "run");
  const start = performance.now();
  await writeMadeUpRun({
    store: await openStore(run, { say: () => {} }),
    pictures: join(work, "pictures"),
    images: pairs / TEACHERS.length,
    models: TEACHERS.map((name) => ({ name, dialect: dialectNamed(name) })),
    classes: Array.from({ length: 1_000 }, (_, index) => `n${10_000_000 + index}`),
    parserVersion: PARSER_VERSION,
    reply: () => `<think>${text(THINKING_WORDS)}</think>${text(ANSWER_WORDS)}`,
  });
  console.log(`a run of ${pairs} replies made in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  exportInAProcess(run);
}

/** Its memory is then that of the export alone, under the heap's limit that bin/ sets. */
function exportInAProcess(run) {
  const line = ["--heap-growing-percent=30", process.argv[1], "export-here", run, "--dist", dist];
  const { status } = spawnSync(process.execPath, line, { stdio: "inherit" });
  process.exitCode = status ?? 1;
}

async function exportFrom(run) {
  const { exportRun } = await room("pipeline");
  const start = performance.now();
  const shape = { teachers: null, parts: "both", thinking: null, subset: null, split: null, escape: false };
  const more = { withPixels: false, people: null, tokenizer: null, say: () => {} };
  const { rows } = await exportRun(run, { format: "huggingface", to: join(work, "export"), ...shape, ...more });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage();
  console.log(
    `${rows} pairs exported from the run in ${seconds.toFixed(1)} s: ${Math.round(rows / seconds)} rows/s; ${((user + system) / 1e6).toFixed(0)} s of CPU`,
  );
  console.log(`resident MB at every tenth: ${tenths().join(" ")}; at most ${peak}`);
}

try {
  if (mode === "text") await writeText(Number(size ?? 500_000));
  else if (mode === "pixels") await writePixels(Number(size ?? 20_000));
  else if (mode === "export-here") await exportFrom(size);
  else if (mode === "from") exportInAProcess(size);
  else await writeFromRun(Number(size ?? 100_000));
  if (keep !== null) console.log(`kept in ${work}`);
} finally {
  clearInterval(watch);
  if (keep === null) await rm(work, { recursive: true, force: true });
}
