import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { quote } from "./slurm-scripts.js";
import { type ClusterOptions, writeCluster } from "./write-cluster.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../bin/imagenet-think.js", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-cluster-"));
after(() => rm(folder, { recursive: true, force: true }));

const PLAIN: Omit<ClusterOptions, "to"> = {
  out: null,
  shards: 64,
  atOnce: null,
  time: "24:00:00",
  warnSeconds: 600,
  sbatch: [],
  imagesSbatch: [],
  setup: [],
  weights: {},
  gpus: {},
  servers: {},
};

let count = 0;

async function write(models: string, options: Partial<ClusterOptions> = {}) {
  const place = join(folder, String(count++));
  await mkdir(place);
  const recipe = join(place, "recipe.yaml");
  await writeFile(recipe, `name: my set\nimages: [{ source: folder, path: "${PHOTOS}" }]\nteachers:\n${models}`);
  const to = join(place, "it's here");
  const written = await writeCluster(recipe, { ...PLAIN, to, ...options });
  const read = (name: string) => readFile(join(to, name), "utf8");
  return {
    written,
    to,
    recipe,
    shards: await read("shards.sbatch"),
    placed: JSON.parse(await read("recipe.json")) as Placed,
  };
}

interface Placed {
  readonly images: readonly { path: string }[];
  readonly teachers: readonly { name: string; model: string; endpoints: string | readonly string[] }[];
}

const REAL = `  - { name: glm, model: zai-org/GLM-4.1V-9B-Thinking, dialect: glm, endpoints: ["http://127.0.0.1:8000/v1"] }
  - { name: kimi, model: moonshotai/Kimi-VL-A3B-Thinking-2506, dialect: kimi, revision: abc, endpoints: ["http://localhost:8001/v1"] }
  - { name: hosted, model: x, dialect: plain, endpoints: ["https://api.example.org/v1"] }
`;

test("the scripts are what bash can read, with paths that need quotes", async () => {
  const { written } = await write(REAL, { setup: ["module load cuda"], sbatch: ["--partition=gpu"] });
  const scripts = written.files.filter((file) => !file.endsWith(".json"));
  assert.equal(scripts.length, 3);
  for (const script of scripts) {
    const { status, stderr } = spawnSync("bash", ["-n", script], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  }
  assert.equal(quote("it's"), `'it'\\''s'`);
});

test("a place that takes no scripts is named in one sentence", async () => {
  const file = join(folder, "a-file");
  await writeFile(file, "");
  await assert.rejects(write(REAL, { to: file }), { name: "UserError", message: /cannot write .*a-file/ });
});

test("models on this machine are served by every task, without a reasoning parser; those elsewhere stay where they are", async () => {
  const { written, shards, placed } = await write(REAL, { weights: { glm: "/models/glm" }, gpus: { kimi: 2 } });
  assert.deepEqual([written.served, written.elsewhere], [["glm", "kimi"], ["hosted"]]);
  assert.deepEqual(
    placed.teachers.map(({ endpoints }) => endpoints),
    ["@PLACE@/glm.jsonl", "@PLACE@/kimi.jsonl", ["https://api.example.org/v1"]],
  );
  assert.match(shards, /vllm serve \/models\/glm \\\n +--served-model-name zai-org\/GLM-4.1V-9B-Thinking/);
  assert.match(shards, /--revision abc/);
  assert.match(shards, /--trust-remote-code/);
  assert.match(shards, /--tensor-parallel-size 2/);
  assert.match(shards, /--limit-mm-per-prompt '\{"image":1,"video":0\}'/);
  assert.match(shards, /#SBATCH --gres=gpu:3\n/);
  assert.match(shards, /HF_HUB_OFFLINE=1/);
  assert.doesNotMatch(shards, /reasoning-parser/);
});

test("an option that names no model of the recipe is refused with the nearest", async () => {
  await assert.rejects(write(REAL, { gpus: { gml: 2 } }), { name: "UsageError", message: /--gpus.*"gml".*"glm"/ });
});

/** Runs one task's script as the scheduler would; its words and exit code. */
function task(to: string, shard: number, bin: string) {
  return spawnSync("bash", [join(to, "shards.sbatch")], {
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}`,
      SLURM_ARRAY_TASK_ID: String(shard),
      SLURM_JOB_ID: String(100 + shard),
    },
  });
}

test("a task starts its server, runs its shard against it and ends both; one whose work is left asks to be queued again", async () => {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "scontrol"), `#!/bin/sh\necho "$@" >> ${quote(join(bin, "asked"))}\n`);
  await chmod(join(bin, "scontrol"), 0o755);
  const { to, recipe, written } = await write("  - { name: glm, dialect: glm, seed: 1, endpoints: observer }\n", {
    shards: 4,
  });
  const gate = spawnSync(process.execPath, [PROGRAM, "images", recipe, "--out", written.run], { encoding: "utf8" });
  assert.equal(gate.status, 0, gate.stderr);
  const done = task(to, 3, bin);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.match(done.stdout, /the server of glm is healthy/);
  assert.match(done.stderr, /shard 3\/4: \d+ images, (\d+) of \1 cells are final/);

  // A client that can never finish, in place of the program.
  const script = join(to, "shards.sbatch");
  const text = (await readFile(script, "utf8")).replace(
    /^program=.*$/m,
    `program=(${quote(process.execPath)} ${quote(join(bin, "left.cjs"))})`,
  );
  await writeFile(script, text);
  await writeFile(join(bin, "left.cjs"), "process.exitCode = 3;\n");
  // Its free_port asks node itself, so the server still starts.
  assert.match(task(to, 0, bin).stdout, /ended with code 3[\s\S]*work is left: requeue/);
  assert.equal(await readFile(join(bin, "asked"), "utf8"), "requeue 100\n");
});
