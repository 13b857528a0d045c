import assert from "node:assert/strict";
import { cp, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { dialectNamed } from "../parsing/index.js";
import type { ModelSpec } from "../records/index.js";
import { fixedLimit } from "../teachers/index.js";
import {
  chatStream,
  IDLE_TEACHER,
  jsonResponse,
  makeReply,
  makeSampleImage,
  makeWriterOptions,
  memoryStore,
  type ScriptedServer,
  type SeenRequest,
  startScriptedModel,
  startScriptedServer,
} from "../testing/index.js";
import { CellQueue } from "./cell-queue.js";
import { type DriveOptions, driveModel } from "./drive-model.js";
import { DRIVE_TIMES } from "./drive-times.js";
import { EndpointPost } from "./endpoint-post.js";
import { faultKinds, readLedger, writeRecipe } from "./faults/run-folder.js";
import { runRecipe, StopSwitch } from "./index.js";
import { RunLimits } from "./run-limits.js";
import { Suspects } from "./suspects.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const GOOD = chatStream(["<think>Stripes.</think>", "<answer>A cat.</answer>"]);

test("a model whose servers are not there yet is waited for while another is asked, and joins in", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-drive-"));
  let release = () => {};
  const lateIsAsked = new Promise<void>((resolve) => {
    release = resolve;
  });
  const servers: ScriptedServer[] = [];
  const answering =
    (reply: () => Promise<unknown>) =>
    async ({ path }: SeenRequest) => {
      if (path.endsWith("/models")) return jsonResponse({ data: [{ id: "m" }] });
      if (!path.endsWith("/chat/completions")) return jsonResponse({});
      await reply();
      return GOOD;
    };
  try {
    const early = await startScriptedServer(answering(() => lateIsAsked));
    servers.push(early);
    const gone = await startScriptedServer(() => GOOD);
    await gone.close();
    const startLate = async () => {
      const late = async () => release();
      servers.push(await startScriptedServer(answering(late), Number(new URL(gone.url).port)));
    };
    const teachers = [early, gone].map(({ url }, index) => ({
      ...{ name: `t${index}`, model: "m", dialect: "glm", concurrency: 1 },
      endpoints: [`${url}/v1`],
    }));
    const recipe = join(folder, "recipe.json");
    const images = [{ source: "folder", path: PHOTOS }];
    await writeFile(recipe, JSON.stringify({ name: "late", images, sample: { size: 2, seed: 1 }, teachers }));
    const said: string[] = [];
    const end = await runRecipe(recipe, {
      ...{ out: join(folder, "run"), again: [], limit: null, keepGoing: false, shard: null, stop: new StopSwitch() },
      ...{ onGate: () => {}, onGated: () => {}, onProgress: () => {} },
      times: { pollMs: 25, neverAnsweredMs: 300, lookAgainMs: 100 },
      say(sentence) {
        said.push(sentence);
        if (sentence.startsWith("t1 waits for its endpoints")) void startLate();
      },
    });
    assert.equal(end.exitCode, 0, [...said, ...end.sentences].join("\n"));
    assert.deepEqual([end.status?.models.t0?.answered, end.status?.models.t1?.answered], [2, 2]);
    assert.equal(said.filter((sentence) => sentence.startsWith("t1 waits")).length, 1);
  } finally {
    release();
    await Promise.all(servers.map((server) => server.close()));
    await rm(folder, { recursive: true, force: true });
  }
});

test("where the pictures are gone every model's replies in flight are awaited and kept before the start ends", async () => {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-drive-"));
  const photos = join(folder, "photos");
  await cp(PHOTOS, photos, { recursive: true });
  let held: (() => void)[] = [];
  let isHeld = () => {};
  const bothHeld = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const quick = await startScriptedModel(async () => {
    await bothHeld;
    if (quick.chats.length === 1) await rename(photos, `${photos}-away`);
    return GOOD;
  });
  const slow = await startScriptedModel(async () => {
    const mayGoOn = new Promise<void>((resolve) => held.push(resolve));
    if (held.length === 2) isHeld();
    await mayGoOn;
    return GOOD;
  });
  try {
    const recipe = await writeRecipe(
      join(folder, "recipe.json"),
      [
        { name: "quick", endpoints: [quick.url], fields: { concurrency: 1 } },
        { name: "slow", endpoints: [slow.url], fields: { concurrency: 2 } },
      ],
      { images: [{ source: "folder", path: photos }] },
    );
    const out = join(folder, "run");
    const run = runRecipe(recipe, {
      ...{ out, again: [], limit: null, keepGoing: false, shard: null, stop: new StopSwitch() },
      ...{ onGate: () => {}, onGated: () => {}, onProgress: () => {} },
      say(sentence) {
        if (!sentence.startsWith("stopping, what is in flight is awaited")) return;
        for (const goOn of held) goOn();
        held = [];
      },
    });
    await assert.rejects(run, { name: "UnreadableSourceError", message: /photos is gone or cannot be read/ });
    const kept = (await readLedger(out, "slow")).ended;
    assert.deepEqual([kept.length, faultKinds({ ended: kept })], [2, []]);
    assert.equal(slow.chats.length, 2);
  } finally {
    await Promise.all([quick.close(), slow.close()]);
    await rm(folder, { recursive: true, force: true });
  }
});

test("a list of endpoints that was emptied after they answered is waited for as gone, never as one that never answered", async () => {
  const posts: EndpointPost[] = [];
  const answering = new EndpointPost(
    {
      ...IDLE_TEACHER,
      async ask() {
        // It leaves the list with its first reply, as when whoever starts the servers writes their file anew.
        posts.splice(0);
        const reply = makeReply("<think>Stripes.</think><answer>A cat.</answer>");
        return { reply, fault: null, status: 200, firstTokenAt: null, endedAt: new Date().toISOString() };
      },
    },
    fixedLimit(1),
    () => performance.now(),
  );
  answering.everAnswered = true;
  posts.push(answering);
  const end = await driveModel({ ...(await driveOf(posts)), times: { ...DRIVE_TIMES, goneMs: 0 } });
  assert.deepEqual(end, { kind: "gone", why: "the endpoints file lists none" });
});

test("whoever stops at once waits for no probe, and nobody is accused", async () => {
  const stop = new StopSwitch();
  const fault = { kind: "broken-stream" as const, message: "the connection broke", body: null };
  const breaking = new EndpointPost(
    {
      ...IDLE_TEACHER,
      ask: async () => ({ reply: null, fault, status: 200, firstTokenAt: null, endedAt: new Date().toISOString() }),
      answersProbe() {
        queueMicrotask(() => stop.abort("SIGTERM"));
        return new Promise(() => {});
      },
    },
    fixedLimit(1),
    () => performance.now(),
  );
  const faults: (string | null)[] = [];
  const end = await driveModel({
    ...(await driveOf([breaking])),
    stop,
    onEnded: (ended) => faults.push(ended.fault?.kind ?? null),
  });
  assert.deepEqual(end, { kind: "stopped", why: "SIGTERM" });
  assert.deepEqual(faults, ["broken-stream"]);
});

test("a cell is given up after its tries, however many those are", async () => {
  const tries = 300;
  const fault = { kind: "rejected-by-server" as const, message: "no such picture", body: null };
  const refusing = new EndpointPost(
    {
      ...IDLE_TEACHER,
      ask: async () => ({ reply: null, fault, status: 400, firstTokenAt: null, endedAt: new Date().toISOString() }),
    },
    fixedLimit(1),
    () => performance.now(),
  );
  const drive = await driveOf([refusing]);
  let ended = 0;
  const end = await driveModel({
    ...drive,
    model: { ...drive.model, tries },
    queue: new CellQueue([{ position: 0, round: 0 }]),
    times: { ...DRIVE_TIMES, retryPauseMs: 0 },
    onEnded: () => {
      ended += 1;
      if (ended > tries) drive.stop.abort("it is asked for ever");
    },
  });
  assert.deepEqual([end.kind, ended], ["done", tries]);
});

/** Two pictures, to be asked at `posts`, with nothing else around. */
async function driveOf(posts: readonly EndpointPost[]): Promise<DriveOptions> {
  const images = [makeSampleImage(1), makeSampleImage(2)];
  return {
    model: GLM,
    endpoints: { posts, isWatched: true, onChange: () => () => {} },
    images,
    queue: new CellQueue(images.map((_, position) => ({ position, round: 0 }))),
    suspects: new Suspects(),
    times: DRIVE_TIMES,
    tries: new Uint32Array(images.length),
    writer: await memoryStore().openWriter(makeWriterOptions()),
    run8: "0123abcd",
    keyOf: () => "",
    pictures: {
      take: async () => ({ base64: Buffer.from("AA=="), mime: "image/jpeg", sha256: "" }),
      giveBack: () => undefined,
      isLast: () => false,
      announce: () => undefined,
    },
    parse: () => ({ outcome: "answered", reason: null }),
    onEnded: () => {},
    onSettled: () => {},
    limits: new RunLimits({ cells: null, timeMs: null, tokens: null, mostTokens: {} }),
    watch: null,
    stop: new StopSwitch(),
    say: () => {},
  };
}

const GLM: ModelSpec = {
  name: "glm",
  role: "teacher",
  model: "m",
  revision: null,
  endpoints: ["/endpoints.jsonl"],
  dialect: dialectNamed("glm"),
  apiKeyEnv: null,
  system: null,
  sampling: { max_tokens: 16 },
  concurrency: 1,
  timeouts: { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000, totalMs: 1_000 },
  tries: 3,
};
