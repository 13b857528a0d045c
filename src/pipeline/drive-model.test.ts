import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  chatStream,
  jsonResponse,
  type ScriptedServer,
  type SeenRequest,
  startScriptedServer,
} from "../testing/index.js";
import { runRecipe, StopSwitch } from "./index.js";

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
