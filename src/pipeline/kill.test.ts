import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AttemptEvent, Pair } from "../records/index.js";
import { openStore } from "../store/index.js";
import { openObserver, streamPairs } from "./index.js";

/** How often the real program is killed before it may finish. */
const KILLS = 12;

const PROGRAM = fileURLToPath(new URL("../../bin/imagenet-think.js", import.meta.url));
const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const silent = () => {};

const folder = await mkdtemp(join(tmpdir(), "imagenet-think-kill-"));
const logs = { glm: join(folder, "glm.log"), kimi: join(folder, "kimi.log") };
const observers = await Promise.all(
  (["glm", "kimi"] as const).map((dialect) =>
    openObserver({ dialect, latencyMs: 60, tokensPerSecond: 4_000, faultShare: 0.1, logFile: logs[dialect] }),
  ),
);
after(async () => {
  await Promise.all(observers.map((observer) => observer.close()));
  await rm(folder, { recursive: true, force: true });
});

async function writeRecipe(): Promise<string> {
  const file = join(folder, "recipe.yaml");
  const teachers = (["glm", "kimi"] as const).map(
    (dialect, index) =>
      `  - { name: ${dialect}, model: observer-${dialect}, dialect: ${dialect}, seed: 1, concurrency: 2, endpoints: ["${observers[index]?.url}"] }`,
  );
  await writeFile(
    file,
    `name: kill\nimages: [{ source: folder, path: "${PHOTOS}" }]\nteachers:\n${teachers.join("\n")}\n`,
  );
  return file;
}

/** Runs the real program; kills it after `killAfterMs` where given. Gives its exit code, null where it was killed. */
async function run(recipe: string, out: string, killAfterMs?: number): Promise<number | null> {
  const child = spawn(process.execPath, [PROGRAM, "run", recipe, "--out", out], { stdio: "ignore" });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(timer);
  return code;
}

async function pairsOf(run: string): Promise<readonly Omit<Pair, "attempts">[]> {
  const pairs = [];
  for await (const { attempts, ...pair } of streamPairs(run, { model: null, outcomes: [], say: silent })) {
    assert.ok(attempts > 0);
    pairs.push(pair);
  }
  return pairs;
}

async function requestIds(log: string): Promise<readonly string[]> {
  const lines = (await readFile(log, "utf8")).trim().split("\n");
  const ids = lines.map((line) => (JSON.parse(line) as { requestId: string }).requestId);
  // A probe asks about no picture of the run; its requests stand in `endpoints/`.
  return ids.filter((id) => !id.startsWith("probe/"));
}

test("killed at random moments and started again, the run ends with the same records as an uninterrupted one", async () => {
  const recipe = await writeRecipe();
  const killed = join(folder, "killed");
  const calm = join(folder, "calm");
  let kills = 0;
  for (let start = 0; start < KILLS; start++) {
    // From the middle of the gate to the end of the asking.
    if ((await run(recipe, killed, 350 + ((start * 7919) % 900))) === null) kills += 1;
    // The observer notices the cut at once; the next start must not depend on that.
    await pause(5);
  }
  assert.ok(kills > 0, "no start was cut");
  assert.equal(await run(recipe, killed), 0);
  assert.equal(await run(recipe, calm), 0);
  assert.deepEqual(await pairsOf(killed), await pairsOf(calm));
  assert.equal((await pairsOf(calm)).length, 24);
});

test("every request the server got is in the ledger, and no acknowledged reply was asked for again", async () => {
  const killed = join(folder, "killed");
  const { run8 } = JSON.parse(await readFile(join(killed, "run.json"), "utf8")) as { run8: string };
  const events = await ledger(killed);
  const asked = new Set(events.map((event) => `${event.image}/${event.model}/${event.attempt}/${run8}`));
  for (const log of Object.values(logs)) {
    const ids = (await requestIds(log)).filter((id) => id.endsWith(`/${run8}`));
    assert.ok(ids.length >= 12);
    assert.equal(new Set(ids).size, ids.length, "a request id was used twice");
    assert.deepEqual(
      ids.filter((id) => !asked.has(id)),
      [],
      "a request without its `asked` line",
    );
  }
  const answered = new Map<string, string>();
  for (const event of events) {
    if (event.event !== "ended" || event.fault !== null) continue;
    const cell = `${event.image}/${event.model}`;
    assert.equal(answered.get(cell), undefined, `${cell} was answered twice`);
    answered.set(cell, event.attempt);
  }
  assert.equal(answered.size, 24);
});

test("one more start asks nothing", async () => {
  const before = await Promise.all(Object.values(logs).map(requestIds));
  assert.equal(await run(join(folder, "recipe.yaml"), join(folder, "killed")), 0);
  const now = await Promise.all(Object.values(logs).map(requestIds));
  assert.deepEqual(
    now.map((ids) => ids.length),
    before.map((ids) => ids.length),
  );
});

/** Every event of the run. */
async function ledger(run: string): Promise<readonly AttemptEvent[]> {
  const store = await openStore(run, { say: silent });
  const events: AttemptEvent[] = [];
  for (const model of await readdir(join(run, "replies"))) {
    for (const image of (await store.readSample()) ?? []) events.push(...(await store.attemptsOf(image.id, model)));
  }
  return events;
}
