import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { foldClock, runProgram, setBackOnSignal } from "../../testing/index.js";
import { foldTimes } from "./one-start.js";
import { holdAfter, openDrill, sayPicture, until } from "./open-drill.js";
import { faultKinds, IMAGES } from "./run-folder.js";

/** Two at once: of four pictures two are answered, two are in flight while the server holds back. */
const fields = { concurrency: 2 };

test("C2: SIGINT once awaits what is in flight, twice cuts it; both leave a good run, which the same line finishes", async (t) => {
  let server = holdAfter(1);
  const drill = await openDrill(t, { script: (...asked) => server.script(...asked), fields });
  const once = drill.start();
  await until(() => server.held() === 2, once);
  once.child.kill("SIGINT");
  await until(() => once.said().includes("nothing more is started"), once);
  server.release();
  const drained = await once.ended;
  assert.equal(drained.code, 3, drained.stderr);
  const first = await drill.check(drained);
  assert.deepEqual([first.status.answered, first.status.missing, faultKinds(first)], [3, 1, []]);

  server = holdAfter(0);
  const twice = drill.start();
  await until(() => server.held() === 1, twice);
  twice.child.kill("SIGINT");
  await until(() => twice.said().includes("nothing more is started"), twice);
  twice.child.kill("SIGINT");
  const cut = await twice.ended;
  assert.equal(cut.code, 3, cut.stderr);
  const second = await drill.check(cut);
  assert.deepEqual([second.status.missing, faultKinds(second)], [1, ["interrupted"]]);
  assert.ok(second.ended.every(({ countsAsTry }) => !countsAsTry));

  server.release();
  const end = await drill.run();
  assert.equal(end.code, 0, end.stderr);
  const { status, ended } = await drill.check(end);
  assert.deepEqual([status.answered, ended.length], [IMAGES, IMAGES + 1]);
});

test("C5, C13: a process whose loop stands still keeps its shard; a second one is refused and told the owner", async (t) => {
  const server = holdAfter(2);
  const drill = await openDrill(t, { script: server.script, fields });
  const owner = drill.start();
  await until(() => server.held() === 2, owner);
  owner.child.kill("SIGSTOP");
  const second = await drill.run();
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`is being written by process ${owner.child.pid} on \\S+ .*wait until it has`));
  assert.equal(second.stdout, "");
  server.release();
  owner.child.kill("SIGCONT");
  const end = await owner.ended;
  assert.equal(end.code, 0, end.stderr);
  const { status, ended } = await drill.check(end);
  assert.deepEqual([status.answered, ended.length], [IMAGES, IMAGES]);
});

test("C6: a clock that is set back, another time zone and a suspended process fail no cell and make no negative time", async (t) => {
  const server = holdAfter(1);
  const drill = await openDrill(t, { script: server.script, fields });
  const program = drill.start(["--deadline", "20h"], { preload: setBackOnSignal(36 * 3_600_000) });
  await until(() => server.held() === 2, program);
  program.child.kill("SIGUSR2");
  await until(() => program.said().includes("the clock was set back"), program);
  program.child.kill("SIGSTOP");
  // What it is sent while it is away waits for it.
  server.release();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  program.child.kill("SIGCONT");
  const end = await program.ended;
  assert.equal(end.code, 0, end.stderr);
  const { status, ended } = await drill.check(end);
  assert.deepEqual([status.answered, faultKinds({ ended })], [IMAGES, []]);
  assert.ok(!/-\d+ (s|min|h)\b/.test(end.stderr), end.stderr);

  const abroad = await drill.run([], { env: { TZ: "Pacific/Kiritimati" } });
  assert.equal(abroad.code, 0, abroad.stderr);
  assert.equal((await drill.check(abroad)).ended.length, IMAGES);
});

test("C13, T13: one that was taken for dead on another machine stops when it wakes; its late originals make no second record", async (t) => {
  const server = holdAfter(2);
  const drill = await openDrill(t, { script: server.script, fields });
  // Its seconds are minutes: it misses heartbeats while it is stopped.
  const waits = foldTimes({ neverAnsweredMs: 1e9, silentMs: 1e9 });
  const asleep = drill.start([], { preload: `${waits}\n${foldClock(20)}` });
  await until(() => server.held() === 2, asleep);
  asleep.child.kill("SIGSTOP");
  await makeForeign(drill.out);
  server.release();
  const successor = await drill.run();
  assert.equal(successor.code, 0, successor.stderr);
  asleep.child.kill("SIGCONT");
  const woken = await asleep.ended;
  assert.equal(woken.code, 1, woken.stderr);
  assert.match(woken.stderr, /was taken over by process \d+ on .*this process stops/);

  const now = await runProgram(["status", drill.out, "--json"]);
  assert.equal(now.code, 0, now.stderr);
  const { status, ended, pairs } = await drill.check(now);
  assert.equal(status.answered, IMAGES);
  assert.ok(pairs.every(({ image, answer }) => answer === image));
  const kept = new Set(ended.map(({ image, attempt }) => `${image} ${attempt}`));
  assert.equal(kept.size, ended.length);
});

test("T13: an original that comes back late, from a batch file, is kept as an attempt with its tokens and never as a second record", async (t) => {
  const drill = await openDrill(t, { script: sayPicture });
  assert.equal((await runProgram(["images", drill.recipe, "--out", drill.out])).code, 0);
  const files = join(drill.folder, "batch");
  assert.equal((await runProgram(["batch", "write", drill.out, "--to", files])).code, 0);
  const live = await drill.run();
  assert.equal(live.code, 0, live.stderr);

  const [name = ""] = await readdir(files);
  const requests = (await readFile(join(files, name), "utf8")).trim().split("\n");
  const late = requests.map((line) => {
    const { custom_id } = JSON.parse(line) as { custom_id: string };
    return JSON.stringify({ id: "b", custom_id, response: { status_code: 200, body: LATE }, error: null });
  });
  await writeFile(join(drill.folder, "late.jsonl"), `${late.join("\n")}\n`);
  const read = await runProgram(["batch", "read", drill.out, join(drill.folder, "late.jsonl"), "--json"]);
  assert.equal(read.code, 0, read.stderr);
  const report = JSON.parse(read.stdout) as { late: number; status: object };
  assert.equal(report.late, IMAGES);
  const { status, pairs } = await drill.check({ ...read, stdout: JSON.stringify(report.status) });
  assert.deepEqual([status.answered, status.attempts], [IMAGES, 2 * IMAGES]);
  assert.equal(status.completionTokens, IMAGES * (3 + 5));
  assert.ok(pairs.every(({ image, answer, attempts }) => answer === image && attempts === 2));
});

const LATE = {
  model: "m",
  choices: [{ index: 0, message: { content: "<think>late</think><answer>late</answer>" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 7, completion_tokens: 5 },
};

/** As if the last writer ran on another machine and had not been heard of for a while. */
async function makeForeign(out: string): Promise<void> {
  const writers = join(out, "writers");
  const claims = (await readdir(join(writers, "claims"))).sort();
  const claimFile = join(writers, "claims", claims.at(-1) ?? "");
  const claim = JSON.parse(await readFile(claimFile, "utf8")) as { writer: string };
  await writeFile(claimFile, JSON.stringify({ ...claim, host: "elsewhere", bootId: "another" }));
  const stateFile = join(writers, `${claim.writer}.json`);
  const state: object = JSON.parse(await readFile(stateFile, "utf8"));
  const heartbeatAt = new Date(Date.now() - 120_000).toISOString();
  await writeFile(stateFile, JSON.stringify({ ...state, host: "elsewhere", bootId: "another", heartbeatAt }));
}
