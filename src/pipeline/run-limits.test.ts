import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { fixedLimit } from "../teachers/index.js";
import { IDLE_TEACHER } from "../testing/index.js";
import { choosePost } from "./choose-post.js";
import { EndpointPost } from "./endpoint-post.js";
import { readEndpointsFile } from "./endpoints-file.js";
import { type LimitSpec, RunLimits } from "./run-limits.js";

const NONE: LimitSpec = { cells: null, timeMs: null, tokens: null, mostTokens: { glm: 1_000, kimi: 1_000 } };
const words = (tokens: number) => `${Math.round(tokens)} tokens`;
const reply = (tokens: number) => ({ promptTokens: 0, completionTokens: tokens });

test("nothing starts that would not be over by the deadline: the 99th percentile of reply times before it", () => {
  let now = 0;
  const limits = new RunLimits({ ...NONE, timeMs: { ms: 100_000, name: "--deadline" } }, () => now);
  assert.equal(limits.mayStart("glm"), true);
  for (let at = 0; at < 200; at += 1) {
    limits.started("glm");
    limits.ended("glm", reply(10), at === 7 ? 90_000 : at < 5 ? 20_000 : 1_000);
  }
  now = 79_000;
  assert.equal(limits.mayStart("glm"), true);
  assert.equal(limits.reached("glm"), null);
  now = 80_000;
  assert.equal(limits.mayStart("glm"), false);
  assert.match(limits.reached("glm") ?? "", /the --deadline is 20 s away, and a reply takes up to 20 s/);
  assert.equal(limits.mayStart("kimi"), true);
  now = 100_000;
  assert.equal(limits.reached("glm"), "the --deadline has passed");
});

test("a token budget counts what is in flight, waits for it, and states what was spent over it", () => {
  const limits = new RunLimits({ ...NONE, tokens: { most: 2_500, words } });
  let inFlight = 0;
  while (limits.mayStart("glm")) {
    limits.started("glm");
    inFlight += 1;
  }
  assert.equal(inFlight, 2, "before the first reply a request may take all it is allowed");
  assert.equal(limits.reached("glm"), null, "what is in flight may leave room");
  limits.ended("glm", reply(200), 1);
  limits.ended("glm", reply(400), 1);
  inFlight = 0;
  while (limits.mayStart("glm")) {
    limits.started("glm");
    inFlight += 1;
  }
  assert.equal(inFlight, 6, "then as much as replies take in the mean");
  for (let at = 0; at < 6; at += 1) limits.ended("glm", reply(400), 1);
  assert.equal(
    limits.reached("glm"),
    "the budget is reached: 3000 tokens of 2500 tokens are spent, 500 tokens over it",
  );
});

test("how long the other models have been idle tells whether waiting costs anything", () => {
  let now = 0;
  const limits = new RunLimits(NONE, () => now);
  assert.equal(limits.othersIdleMs("kimi"), Number.POSITIVE_INFINITY);
  limits.started("glm");
  now = 5_000;
  assert.equal(limits.othersIdleMs("kimi"), 0);
  assert.equal(limits.othersIdleMs("glm"), Number.POSITIVE_INFINITY);
  limits.ended("glm", reply(10), 5_000);
  now = 6_000;
  assert.equal(limits.othersIdleMs("kimi"), 1_000);
});

test("the number of cells is one for all models", () => {
  const limits = new RunLimits({ ...NONE, cells: 1 });
  limits.countCell();
  assert.equal(limits.mayStart("glm"), false);
  assert.equal(limits.reached("kimi"), "the --limit is reached");
});

function post(limit: number, meanMs: number | null): EndpointPost {
  const made = new EndpointPost(IDLE_TEACHER, fixedLimit(limit), () => 0);
  made.meanMs = meanMs;
  return made;
}

test("work goes where it is done soonest, and the last cells wait for a fast endpoint rather than go to a slow one", () => {
  const fast = post(2, 1_000);
  const slow = post(2, 10_000);
  assert.equal(choosePost([slow, fast], 100, 0), fast);
  fast.begin();
  fast.begin();
  assert.equal(choosePost([slow, fast], 100, 0), slow);
  assert.equal(choosePost([slow, fast], 3, 0), null);
  fast.takeOut("its key is refused");
  assert.equal(choosePost([slow, fast], 3, 0), slow);
  assert.equal(choosePost([post(1, null), slow], 3, 0)?.meanMs, null);
});

test("an endpoints file is read line by line; a half-written line is passed over, a missing file lists none", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-endpoints-"));
  const said: string[] = [];
  const read = () => readEndpointsFile(join(folder, "e.jsonl"), (sentence) => said.push(sentence));
  assert.deepEqual(await read(), []);
  await writeFile(
    join(folder, "e.jsonl"),
    '{"url":"http://a:1/v1/"}\n\n{"url":"http://b:2/v1","apiKeyEnv":"KEY"}\n{"url":"http://a:1/v1"}\n{"url":"http://me:pw@c/v1"}\n{"url":"htt',
  );
  assert.deepEqual(await read(), [
    { url: "http://a:1/v1", apiKeyEnv: null },
    { url: "http://b:2/v1", apiKeyEnv: "KEY" },
  ]);
  assert.equal(said.length, 2);
  assert.ok(!said.join().includes("pw"));
  await rm(folder, { recursive: true });
});
