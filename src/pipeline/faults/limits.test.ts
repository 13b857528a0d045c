import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { chatStream, runProgram, type ScriptedModel, startScriptedModel } from "../../testing/index.js";
import type { RunStatus } from "../read-status.js";
import { foldTimes } from "./one-start.js";
import { assertAgreement, assertAllAsked, readLedger, writeRecipe } from "./run-folder.js";

/** One run folder, and what a person may set from start to start. Every reply costs ten tokens. */
const PICTURES = 12;
const GOOD = chatStream(["<think>Stripes.</think>", "<answer>A cat.</answer>"]);
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-limits-"));
const out = join(folder, "run");
/** Cuts what it says at the recipe's budget of 16 tokens. */
const cutting = await startScriptedModel((_image, _nth, { body }) =>
  /"max_tokens":16[,}]/.test(body.toString()) ? chatStream(["<think>on"], { finishReason: "length" }) : GOOD,
);
const other = await startScriptedModel(() => GOOD);
after(async () => {
  await Promise.all([cutting.close(), other.close()]);
  await rm(folder, { recursive: true, force: true });
});

async function run(endpoints: readonly string[] | string, flags: readonly string[] = []) {
  const teachers = [{ name: "t", endpoints, fields: { concurrency: 1 } }];
  const recipe = await writeRecipe(join(folder, "recipe.json"), teachers, { sample: { size: PICTURES, seed: 1 } });
  const ended = await runProgram(["run", recipe, "--out", out, "--json", ...flags], {
    preload: foldTimes({ fileMs: 30 }),
  });
  const ledger = await readLedger(out, "t");
  await assertAllAsked(out, "t", [cutting, other]);
  return { ...ended, ledger, status: assertAgreement(JSON.parse(ended.stdout) as RunStatus, "t", ledger) };
}

test("a walltime that is over starts nothing and ends in order", async () => {
  const { code, status, stderr } = await run([cutting.url], ["--walltime", "0s"]);
  assert.equal(code, 3, stderr);
  assert.equal(status.missing, PICTURES);
  assert.equal(cutting.chats.length, 0);
});

test("a token budget ends the run in order", async () => {
  const { code, status, stderr } = await run([cutting.url], ["--token-budget", "30"]);
  assert.equal(code, 3, stderr);
  assert.deepEqual([status.truncated, status.missing], [3, PICTURES - 3]);
  assert.match(stderr, /30 tokens of 30 tokens are spent.*the same line goes on/);
});

test("the same line goes on, with endpoints that come and go by their file; one that left finishes what it has", async () => {
  const file = join(folder, "endpoints.jsonl");
  const list = (server: ScriptedModel) => writeFile(file, `${JSON.stringify({ url: server.url })}\n`);
  const leaving = await startScriptedModel(async () => {
    await list(other);
    await leaving.holdWhile(() => other.chats.length === 0);
    return GOOD;
  });
  await list(leaving);
  const { code, status, stderr } = await run(file);
  await assertAllAsked(out, "t", [leaving]);
  await leaving.close();
  assert.equal(code, 0, stderr);
  assert.deepEqual([status.answered, status.truncated], [PICTURES - 3, 3]);
  assert.equal(leaving.chats.length, 1);
  assert.equal(other.chats.length, PICTURES - 4);
  assert.match(stderr, /joins.*leaves/s);
});

test("truncated cells are asked again with a larger budget, and the first attempt is kept", async () => {
  const { code, status, stderr, ledger } = await run([cutting.url], ["--again", "truncated", "--max-tokens", "64"]);
  assert.equal(code, 0, stderr);
  assert.equal(status.answered, PICTURES);
  assert.equal(ledger.ended.length, PICTURES + 3);
  assert.equal(new Set(ledger.ended.map(({ key }) => key)).size, PICTURES + 3);
  const budgets = cutting.chats.map(({ body }) => (JSON.parse(body.toString()) as { max_tokens: number }).max_tokens);
  assert.deepEqual(budgets, [16, 16, 16, 64, 64, 64]);
});

test("another budget is asked only of what is asked again: what was missing is asked as the recipe says", async () => {
  const mixed = join(folder, "mixed");
  const server = await startScriptedModel((_image, nth) =>
    server.chats.length === 1 && nth === 1 ? chatStream(["<think>Str"], { finishReason: "length" }) : GOOD,
  );
  const recipe = await writeRecipe(join(folder, "mixed.json"), [
    { name: "t", endpoints: [server.url], fields: { concurrency: 1 } },
  ]);
  const start = (flags: readonly string[]) => runProgram(["run", recipe, "--out", mixed, ...flags]);
  assert.equal((await start(["--limit", "2"])).code, 3);
  const end = await start(["--again", "truncated", "--max-tokens", "64"]);
  await server.close();
  assert.equal(end.code, 0, end.stderr);
  const budgets = server.chats.map(({ body }) => (JSON.parse(body.toString()) as { max_tokens: number }).max_tokens);
  assert.deepEqual(budgets, [16, 16, 16, 16, 64]);
});
