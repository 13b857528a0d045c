import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { chatStream, inTemporaryFolder, runProgram, startProgram, startScriptedModel } from "../../testing/index.js";
import type { RunStatus } from "../read-status.js";
import { growSample } from "./grow-sample.js";
import { assertAllAnswered, inOneStart } from "./one-start.js";
import { until } from "./open-drill.js";
import { assertAgreement, assertAllAsked, faultKinds, readLedger, writeRecipe } from "./run-folder.js";

const GOOD = chatStream(["<think>Stripes.</think>", "<answer>A cat.</answer>"]);
const OTHER = chatStream(["<think>x</think>", "y"], { model: "other" });
const STREAM_TYPE = { "content-type": "text/event-stream" };
const PICTURES = 12;

const start = inOneStart({
  recipe: { sample: { size: PICTURES, seed: 1 } },
  times: { pollMs: 25, retryPauseMs: 5, lookAgainMs: 150, silentMs: 300, stalledMs: 1_000 },
});

let restarts = 0;
const restarting = await startScriptedModel(async () => {
  if (restarts > 0) return GOOD;
  restarts += 1;
  await restarting.kill();
  setTimeout(() => void restarting.restart(), 1_500);
  return { end: "reset" };
});
const t4 = start.teacher("t4", restarting, { concurrency: 2 });

test("T4: a server that is gone for a while is waited for; no cell fails and none loses a try", async () => {
  const ran = await t4();
  assertAllAnswered(ran, PICTURES);
  assert.equal(ran.status.failed, 0);
  assert.ok(ran.ended.every(({ countsAsTry }) => !countsAsTry));
  assert.ok(faultKinds(ran).length > 0);
});

let isFoundOut = false;
const stalled = await startScriptedModel(() => ({ status: 200, headers: STREAM_TYPE, end: "hang" }));
stalled.probe = () => {
  isFoundOut = true;
  return { end: "reset" };
};
const steady = await startScriptedModel(async () => {
  // Its last replies wait until the other is asked for one token, so that the run is not over before.
  await steady.holdWhile(() => !isFoundOut && steady.chats.length > PICTURES - 4);
  return GOOD;
});
const t14 = start.teacher("t14", [stalled, steady], { concurrency: 2, tries: 1 });

test("T14: a server whose health answers and that puts out nothing is taken out with its evidence, and its work moves", async () => {
  const ran = await t14();
  assertAllAnswered(ran, PICTURES);
  assert.match(
    ran.said,
    new RegExp(`${stalled.url} is stalled: \\d requests and not one token for \\d+ s, while its /health`),
  );
  const moved = ran.ended.filter(({ endpoint }) => endpoint === stalled.url);
  assert.ok(moved.length > 0);
  for (const { fault, countsAsTry } of moved) {
    assert.match(fault?.message ?? "", /stalled/);
    assert.equal(countsAsTry, false);
  }
});

/** Serves `m`, then for a while something else, then `m` again. */
const liar = await startScriptedModel(() => {
  if (liar.chats.length !== 2) return GOOD;
  liar.models = ["other"];
  setTimeout(() => (liar.models = ["m"]), 300);
  return OTHER;
});
const honest = await startScriptedModel(async () => {
  // Work is left for the other when it is back.
  await honest.holdWhile(() => honest.chats.length > 4 && liar.chats.length < 3);
  return GOOD;
});
const t15 = start.teacher("t15", [liar, honest], { concurrency: 1 });

test("T15: where another endpoint is left its work moves, and it is asked again once it serves the right model", async () => {
  const ran = await t15();
  assertAllAnswered(ran, PICTURES);
  assert.deepEqual(faultKinds(ran), ["wrong-model"]);
  assert.ok(ran.said.includes(`taken out: ${liar.url}`), ran.said);
  assert.ok(ran.said.includes(`${liar.url} is back`), ran.said);
  assert.ok(liar.chats.length >= 3);
});

let killer = "";
let deaths = 0;
const crashing = await startScriptedModel(async (image) => {
  killer ||= image;
  // The others are still on their way when the engine dies.
  await pause(image === killer ? 100 : 400);
  if (image !== killer) return GOOD;
  deaths += 1;
  await crashing.kill();
  setTimeout(() => void crashing.restart(), 3_000);
  return { end: "reset" };
});
const t21 = start.teacher("t21", crashing, { concurrency: 4 });

test("T21: a picture that kills the engine is found among those in flight, and set aside after it killed alone", async () => {
  const ran = await t21();
  assert.equal(ran.exitCode, 0, ran.said);
  assert.deepEqual([ran.status.answered, ran.status.failed], [PICTURES - 1, 1]);
  const failed = ran.pairs.find(({ outcome }) => outcome === "failed");
  assert.deepEqual([failed?.image, failed?.reason], [killer, "set-aside"]);
  assert.ok(deaths >= 2, `${deaths} deaths`);
  const last = ran.ended.find(({ fault }) => fault?.kind === "set-aside");
  assert.match(last?.fault?.message ?? "", /asked alone .* \d times/);
});

/** Cells of one of two teachers. */
const CELLS = 5_000;
const AT_ONCE = 64;
const MOST_MEGABYTES = 300;

test("T20: ten thousand cells before slow servers take a bounded number of sockets and bounded memory", async () => {
  await inTemporaryFolder(async (folder) => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = async () => {
      await released;
      return GOOD;
    };
    const servers = { a: await startScriptedModel(slow), b: await startScriptedModel(slow) };
    const teachers = Object.entries(servers).map(([name, { url }]) => ({
      name,
      endpoints: [url],
      fields: { concurrency: AT_ONCE },
    }));
    const recipe = await writeRecipe(join(folder, "recipe.json"), teachers);
    const out = join(folder, "run");
    assert.equal((await runProgram(["images", recipe, "--out", out])).code, 0);
    await growSample(out, CELLS);

    const program = startProgram(["run", recipe, "--out", out, "--json"]);
    const askedAll = () => Object.values(servers).every(({ chats }) => chats.length >= AT_ONCE);
    await until(askedAll, program);
    const megabytes = await peakMegabytes(program.child.pid);
    program.child.kill("SIGINT");
    await until(() => program.said().includes("nothing more is started"), program);
    release();
    const { code, stdout, stderr } = await program.ended;
    assert.equal(code, 3, stderr);
    const status = JSON.parse(stdout) as RunStatus;
    for (const [name, server] of Object.entries(servers)) {
      const ledger = await readLedger(out, name);
      await assertAllAsked(out, name, [server]);
      const row = assertAgreement(status, name, ledger);
      assert.deepEqual([row.answered, row.missing], [AT_ONCE, CELLS - AT_ONCE]);
      // Beside those of the replies: two to look and knock.
      assert.ok(server.sockets.most <= AT_ONCE + 2, `${server.sockets.most} sockets`);
      await server.close();
    }
    if (megabytes !== null) assert.ok(megabytes < MOST_MEGABYTES, `${megabytes} MB`);
  });
});

/** The most memory a process has held so far; null where the system does not say. */
async function peakMegabytes(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1_000);
}
