import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { drawImages, planOnly, StopSwitch } from "./index.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-plan-"));
after(() => rm(folder, { recursive: true, force: true }));

const recipe = join(folder, "recipe.json");
const out = join(folder, "run");

/** What a start would ask of two teachers after this change of the recipe. */
async function plan(change: Record<string, unknown>, options: { maxTokens?: number; shards?: number } = {}) {
  const teachers = ["glm", "kimi"].map((name) => ({ name, dialect: name, endpoints: "observer", maxTokens: 16 }));
  const images = [{ source: "folder", path: PHOTOS }];
  await writeFile(recipe, JSON.stringify({ name: "p", images, teachers, ...change }));
  const shard = options.shards === undefined ? null : { index: 0, count: options.shards };
  const { maxTokens = null } = options;
  const planned = await planOnly(recipe, { out, again: [], limit: null, shard, maxTokens, say: () => {} });
  return { ...planned, toAsk: planned.models.map(({ toAsk }) => toAsk) };
}

test("before the sample is drawn, the pictures that are there are what would be asked, and nothing is written", async () => {
  const all = await plan({});
  assert.deepEqual([all.images, all.toDraw, all.cells, all.toAsk], [12, 12, 24, [12, 12]]);
  assert.ok(all.tokens > 0);
  assert.equal((await plan({ sample: { size: 5 } })).images, 5);
  assert.equal((await plan({ sample: { size: 500 } })).images, 12);
  assert.equal((await plan({ sample: { perClass: 1 } })).images, 9);
  assert.equal((await plan({ people: "drop" })).images, 11);
  assert.equal((await plan({}, { shards: 4 })).images, 3);
  assert.deepEqual(
    (await plan({}, { maxTokens: 99 })).models.map(({ maxTokens }) => maxTokens),
    [99, 99],
  );
  assert.deepEqual(await readdir(folder), ["recipe.json"]);
});

test("a sample that has grown is still to be drawn and asked about", async () => {
  await plan({ sample: { size: 4, seed: 1 } });
  await drawImages(recipe, { out, say: () => {}, stop: new StopSwitch(), onProgress: () => {} });
  const drawn = await plan({ sample: { size: 4, seed: 1 } });
  assert.deepEqual([drawn.images, drawn.toDraw, drawn.toAsk], [4, 0, [4, 4]]);
  const grown = await plan({ sample: { size: 10, seed: 1 } });
  assert.deepEqual([grown.images, grown.toDraw, grown.cells, grown.toAsk], [10, 6, 20, [10, 10]]);
});
