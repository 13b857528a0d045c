import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
  startScriptedServer,
} from "../testing/index.js";
import { CellQueue } from "./cell-queue.js";
import { driveModel } from "./drive-model.js";
import { DRIVE_TIMES } from "./drive-times.js";
import { EndpointPost } from "./endpoint-post.js";
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
  const images = [makeSampleImage(1), makeSampleImage(2)];
  const end = await driveModel({
    model: GLM,
    endpoints: { posts, isWatched: true, onChange: () => () => {} },
    images,
    queue: new CellQueue(images.map((_, position) => ({ position, round: 0 }))),
    suspects: new Suspects(),
    times: { ...DRIVE_TIMES, goneMs: 0 },
    tries: new Uint8Array(images.length),
    writer: await memoryStore().openWriter(makeWriterOptions()),
    run8: "0123abcd",
    keyOf: () => "",
    picture: async () => ({ bytes: Buffer.alloc(1), mime: "image/jpeg", sha256: "" }),
    parse: () => ({ outcome: "answered", reason: null }),
    onEnded: () => {},
    onSettled: () => {},
    limits: new RunLimits({ cells: null, timeMs: null, tokens: null, mostTokens: {} }),
    watch: null,
    stop: new StopSwitch(),
    say: () => {},
  });
  assert.deepEqual(end, { kind: "gone", why: "the endpoints file lists none" });
});

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
