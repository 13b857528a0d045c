import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Pair } from "../records/index.js";
import { openStore } from "../store/index.js";
import { chatStream, jsonResponse, type SeenRequest, startScriptedServer } from "../testing/index.js";
import { runRecipe, StopSwitch, streamPairs } from "./index.js";
import { Suspects } from "./suspects.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const IMAGES = 4;
const GOOD = chatStream(["<think>Stripes.</think>", "<answer>A cat.</answer>"]);
const PROBE = jsonResponse({
  model: "m",
  choices: [{ index: 0, message: { content: "yes" }, finish_reason: "length" }],
});
const cell = (position: number) => ({ position, round: 0 });
const among = (crowd: number) => ({ crowd, hadOutput: false });

test("a few in flight at a death are asked alone at once, of many only those that were there twice", () => {
  const suspects = new Suspects();
  assert.deepEqual(suspects.accuse(cell(3), among(16)), { deaths: 1, mustBeAlone: true });
  const crowded = cell(4);
  assert.deepEqual(suspects.accuse(crowded, among(256)), { deaths: 1, mustBeAlone: false });
  assert.deepEqual(suspects.accuse(crowded, among(256)), { deaths: 2, mustBeAlone: true });
  suspects.clear(crowded);
  assert.deepEqual(suspects.accuse(crowded, among(256)), { deaths: 1, mustBeAlone: false });
});

test("a picture whose reply had begun when the engine died is asked alone only after a second death", () => {
  const suspects = new Suspects();
  const begun = { crowd: 3, hadOutput: true };
  assert.deepEqual(suspects.accuse(cell(3), begun), { deaths: 1, mustBeAlone: false });
  assert.deepEqual(suspects.accuse(cell(3), begun), { deaths: 2, mustBeAlone: true });
});

test("suspects of an earlier start are asked alone at once: all of a few, of many those that two deaths accuse", () => {
  const few = new Suspects(new Map([[2, 1]]));
  assert.deepEqual(few.setApart([1, 2, 3].map(cell)), [1, 3].map(cell));
  assert.deepEqual(few.take(), cell(2));
  assert.deepEqual(few.accuse(cell(2), among(1)), { deaths: 2, mustBeAlone: true });

  const deaths = new Map(Array.from({ length: 40 }, (_, position) => [position, position === 7 ? 2 : 1]));
  const many = new Suspects(deaths);
  assert.equal(many.setApart([...deaths.keys()].map(cell)).length, 39);
  assert.equal(many.waiting, 1);
  assert.deepEqual(many.take(), cell(7));
});

test("a picture that crashes the engine is set aside after two deaths, the second alone, also when the program was started anew between them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-suspects-"));
  let killer = "";
  let deaths = 0;
  let server = await startScriptedServer(answer);
  const port = Number(new URL(server.url).port);

  async function answer({ path, headers }: SeenRequest) {
    if (path.endsWith("/models")) return jsonResponse({ data: [{ id: "m" }] });
    const id = String(headers["x-request-id"]);
    if (!path.endsWith("/chat/completions")) return jsonResponse({});
    if (id.startsWith("probe/")) return PROBE;
    const image = id.split("/")[0] ?? "";
    if (killer === "") killer = image;
    // The others are on their way when the engine dies.
    await pause(image === killer ? 50 : 150);
    if (image !== killer) return GOOD;
    deaths += 1;
    await server.close();
    return { end: "reset" as const };
  }

  try {
    const recipe = join(folder, "recipe.json");
    const teacher = { name: "t", model: "m", dialect: "glm", concurrency: IMAGES, endpoints: [`${server.url}/v1`] };
    const sample = { size: IMAGES, seed: 1 };
    await writeFile(
      recipe,
      JSON.stringify({ name: "t", images: [{ source: "folder", path: PHOTOS }], sample, teachers: [teacher] }),
    );
    const out = join(folder, "run");
    const start = () => runRecipe(recipe, { ...QUIET, out, stop: new StopSwitch() });

    // Each death ends a start: nobody brings the server back before the program gives up.
    while ((await start()).exitCode === 3) {
      await server.close();
      server = await startScriptedServer(answer, port);
    }
    assert.equal(deaths, 2);

    const pairs: Pair[] = [];
    for await (const pair of streamPairs(out, { model: null, outcomes: [], say: () => {} })) pairs.push(pair);
    assert.deepEqual(
      pairs.filter(({ outcome }) => outcome !== "answered").map(({ image, reason }) => [image, reason]),
      [[killer, "set-aside"]],
    );
    const store = await openStore(out, { say: () => {} });
    const kinds = (await store.attemptsOf(killer, "t")).flatMap((event) =>
      event.event === "ended" ? [event.fault?.kind] : [],
    );
    assert.deepEqual(kinds.slice(-1), ["set-aside"]);
    assert.equal(kinds.filter((kind) => kind === "endpoint-gone").length, 1);
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test("a request that stays silent in a long queue is asked again, and accused of nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-suspects-"));
  let silent = 2;
  const server = await startScriptedServer(({ path }: SeenRequest) => {
    if (path.endsWith("/models")) return jsonResponse({ data: [{ id: "m" }] });
    if (!path.endsWith("/chat/completions")) return jsonResponse({});
    silent -= 1;
    // The request, and the probe behind it.
    return silent >= 0 ? { status: 200, end: "hang" } : GOOD;
  });
  try {
    const recipe = join(folder, "recipe.json");
    const timeouts = { firstByteMs: 300 };
    const teacher = {
      name: "t",
      model: "m",
      dialect: "glm",
      concurrency: 1,
      timeouts,
      endpoints: [`${server.url}/v1`],
    };
    const images = [{ source: "folder", path: PHOTOS }];
    await writeFile(recipe, JSON.stringify({ name: "t", images, sample: { size: 1, seed: 1 }, teachers: [teacher] }));
    const out = join(folder, "run");
    const times = { ...QUIET.times, goneMs: 60_000, probeMs: 300 };
    const end = await runRecipe(recipe, { ...QUIET, out, stop: new StopSwitch(), times });
    assert.equal(end.exitCode, 0);
    assert.deepEqual(end.status?.models.t?.faults, { "timed-out": 1 });
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});

const QUIET = {
  again: [],
  limit: null,
  keepGoing: false,
  shard: null,
  say: () => {},
  onGate: () => {},
  onGated: () => {},
  onProgress: () => {},
  times: { pollMs: 25, retryPauseMs: 5, lookAgainMs: 100, goneMs: 500, neverAnsweredMs: 10_000, probeMs: 20_000 },
};
