import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openStore } from "../store/index.js";
import { readStatus, streamPairs } from "./index.js";
import { openShard } from "./shard.js";

const PROGRAM = fileURLToPath(new URL("../../bin/imagenet-think.js", import.meta.url));
const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const SHARDS = 3;
const silent = () => {};

const folder = await mkdtemp(join(tmpdir(), "imagenet-think-shards-"));
const recipe = join(folder, "recipe.yaml");
const out = join(folder, "run");

/** Image ids in the order they were asked about. */
const asked: string[] = [];
/** Which questions are answered at once; the others are held until `answer` is called. */
let answersNow: (imageId: string) => boolean = () => true;
let held: (() => void)[] = [];

const server = createServer((request, response) => {
  request.resume();
  if (request.url?.endsWith("/models")) return sendJson(response, { object: "list", data: [{ id: "m" }] });
  if (!request.url?.endsWith("/chat/completions")) return sendJson(response, {}, 404);
  const id = String(request.headers["x-request-id"]);
  const [image = ""] = id.split("/");
  const answer = () => sendJson(response, COMPLETION);
  if (id.startsWith("probe/")) return answer();
  asked.push(image);
  if (answersNow(image)) answer();
  else held.push(answer);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;

const COMPLETION = {
  id: "c",
  object: "chat.completion",
  model: "m",
  choices: [
    { index: 0, message: { role: "assistant", content: "<think>a</think><answer>b</answer>" }, finish_reason: "stop" },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 1 },
};

function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function answerAll(): void {
  answersNow = () => true;
  for (const answer of held) answer();
  held = [];
}

/** `pace`: what the recipe says of the model's concurrency. */
const recipeText = (pace: string) => `name: shards
images: [{ source: folder, path: "${PHOTOS}" }]
teachers: [{ name: glm, model: m, dialect: glm, seed: 1, ${pace}endpoints: ["http://127.0.0.1:${port}/v1"] }]
`;

await writeFile(recipe, recipeText("concurrency: 1, "));
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { child: ChildProcess; ended: Promise<Ended>; said: () => string } {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, ended, said: () => stderr };
}

const shard = (index: number, count = SHARDS) =>
  start(["run", recipe, "--out", out, "--shard", `${index}/${count}`, "--json"]);

test("a shard of a run without a gated sample stops and names the command that gates it", async () => {
  const { code, stderr } = await shard(0).ended;
  assert.equal(code, 1);
  assert.match(stderr, /imagenet-think images \S+recipe\.yaml --out \S+run/);
  assert.equal((await start(["images", recipe, "--out", out]).ended).code, 0);
});

test("shards run side by side in one folder, one is killed and started again, and each speaks of its own cells", async () => {
  const holdsFirst = await openShard({ index: 0, count: SHARDS });
  answersNow = (image) => holdsFirst(image) && asked.filter(holdsFirst).length === 1;
  const killed = shard(0);
  const others = [1, 2].map((index) => ({ index, ...shard(index) }));
  // One of its six answers is in, the next is on its way; the other two wait for their first.
  while (asked.filter(holdsFirst).length < 2 || asked.length < 4) await pause(20);
  killed.child.kill("SIGKILL");
  const otherCut = await shard(3, 4).ended;
  assert.equal(otherCut.code, 1, "another N while shards are alive");
  assert.match(otherCut.stderr, /same number of shards/);
  answerAll();
  const ends = await Promise.all(others.map(({ ended }) => ended));
  assert.deepEqual(
    ends.map(({ code }) => code),
    [0, 0],
    ends.map(({ stderr }) => stderr).join("\n"),
  );
  assert.equal((await killed.ended).code, null);
  const status = await readStatus(out, silent);
  assert.equal(status.complete, false, "a shard that is done does not make the run complete");

  const images = (await (await openStore(out, { say: silent })).readSample()) ?? [];
  for (const [place, end] of ends.entries()) {
    const index = others[place]?.index ?? 0;
    const holds = await openShard({ index, count: SHARDS });
    const own = images.filter((image) => holds(image.id)).length;
    const report = JSON.parse(end.stdout) as { shard: unknown };
    assert.deepEqual(report.shard, { index, count: SHARDS, images: own, cells: own, missing: 0 });
  }

  // As a task of a Slurm array that begins at 1.
  const env = { SLURM_ARRAY_TASK_ID: "1", SLURM_ARRAY_TASK_MIN: "1", SLURM_ARRAY_TASK_COUNT: "3" };
  const again = await start(["run", recipe, "--out", out, "--shard", "slurm"], env).ended;
  assert.equal(again.code, 0, again.stderr);
  assert.match(
    again.stderr,
    /shard 0\/3: \d+ images, (\d+) of \1 cells are final; the run: .*\d+ answered, .*\d+ failed \(.*\)\n$/,
  );
});

test("status sums the shards: every image once, asked by its own shard alone", async () => {
  const status = await readStatus(out, silent);
  assert.equal(status.complete, true);
  assert.equal(status.models.glm?.answered, 12);
  const store = await openStore(out, { say: silent });
  const writers = new Map((await store.writers()).map((writer) => [writer.writer, writer.shard]));
  const answered: string[] = [];
  for await (const rows of store.endings("glm")) {
    for (const { image, attempt } of rows) {
      const writer = writers.get(attempt.split("-")[0] ?? "");
      assert.ok(writer !== undefined);
      assert.equal((await openShard(writer))(image), true, `${image} was asked by shard ${writer.index}`);
      answered.push(image);
    }
  }
  assert.equal(new Set(answered).size, 12);
  assert.equal(answered.length, 12);
  let pairs = 0;
  for await (const pair of streamPairs(out, { model: null, outcomes: ["answered"], say: silent }))
    pairs += pair.attempts;
  assert.ok(pairs >= 12);
});

test("a shard whose cells are final asks nothing, and SIGUSR1 drains like SIGTERM", async () => {
  const before = asked.length;
  assert.equal((await shard(1).ended).code, 0);
  assert.equal((await shard(1, 4).ended).code, 0, "cut in another way, it finds what the others have asked");
  assert.equal(asked.length, before);
  answersNow = () => false;
  const anew = start(["run", recipe, "--out", out, "--shard", "0/2", "--again", "answered"]);
  while (asked.length === before) await pause(20);
  anew.child.kill("SIGUSR1");
  while (!anew.said().includes("stopping: nothing more is started")) await pause(20);
  answerAll();
  const { code, stderr } = await anew.ended;
  assert.match(stderr, /stopped by SIGUSR1/);
  // What was asked anew stays final whatever becomes of the second asking, and the rest was to be asked too.
  assert.equal(code, 3);
  assert.equal(asked.length, before + 1, "what was in flight was awaited, and nothing more was started");
});

test("shards that use one server at their own pace go by one limit, as status shows", async () => {
  const paced = join(folder, "paced.yaml");
  const run = join(folder, "paced");
  await writeFile(paced, recipeText(""));
  assert.equal((await start(["images", paced, "--out", run]).ended).code, 0);
  answersNow = () => false;
  const shards = [0, 1].map((index) => start(["run", paced, "--out", run, "--shard", `${index}/2`]));
  const store = await openStore(run, { say: silent });
  const seen = async () => (await store.writers()).flatMap(({ endpoints = [] }) => endpoints);
  let endpoints = await seen();
  while (endpoints.filter(({ why }) => /shard/.test(why)).length < 2) {
    await pause(100);
    endpoints = await seen();
  }
  assert.deepEqual(endpoints.map(({ why }) => why).sort(), [
    "looking for the limit of 2 shards",
    "takes the limit of the shard that looks for it",
  ]);
  // Eight for a server at the start: four for each of two.
  while (endpoints.some(({ limit }) => limit !== 4)) {
    await pause(100);
    endpoints = await seen();
  }
  answerAll();
  for (const { ended } of shards) assert.equal((await ended).code, 0);
  answersNow = () => true;
});
