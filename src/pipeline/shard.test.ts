import assert from "node:assert/strict";
import { test } from "node:test";
import { makeWriterOptions, memoryStore } from "../testing/index.js";
import { openShard, readShard, WHOLE, writersElsewhere } from "./shard.js";

test("--shard takes I/N from 0 and refuses everything else with the reason", () => {
  assert.deepEqual(readShard("0/1", {}), { index: 0, count: 1 });
  assert.deepEqual(readShard("63/64", {}), { index: 63, count: 64 });
  for (const wrong of ["64/64", "1/0", "-1/4", "1", "1/4/2", "a/b", "0x1/4", "1/99999", "", "Slurm"]) {
    assert.throws(() => readShard(wrong, {}), { name: "UsageError", message: /--shard/ }, wrong);
  }
});

test("--shard slurm is the task's place in its array, wherever the array begins", () => {
  const env = { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "5", SLURM_ARRAY_TASK_COUNT: "4" };
  assert.deepEqual(readShard("slurm", env), { index: 2, count: 4 });
});

test("--shard slurm outside an array, or in one with gaps, is refused with the way out", () => {
  assert.throws(() => readShard("slurm", {}), { name: "UsageError", message: /SLURM_ARRAY_TASK_ID is not set.*I\/N/ });
  const gaps = { SLURM_ARRAY_TASK_ID: "8", SLURM_ARRAY_TASK_MIN: "0", SLURM_ARRAY_TASK_COUNT: "5" };
  assert.throws(() => readShard("slurm", gaps), { name: "UsageError", message: /I must be from 0 to 4/ });
});

test("every image is in one shard and the shards are about equal", async () => {
  const ids = Array.from({ length: 20_000 }, (_, number) => `n02123045_${number}`);
  const shards = await Promise.all(Array.from({ length: 64 }, (_, index) => openShard({ index, count: 64 })));
  const counts = shards.map((holds) => ids.filter(holds).length);
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    ids.length,
  );
  // 312 each on average; five standard deviations of an even draw.
  assert.ok(Math.min(...counts) > 225 && Math.max(...counts) < 401, counts.join(" "));
});

test("the split is the official XXH64 with seed 0 mod N", async () => {
  // XXH64("xxhash", 0) = 32dd38952c4bc720, from the reference implementation.
  const value = 0x32dd38952c4bc720n;
  for (const count of [2, 7, 64]) {
    const holds = await openShard({ index: Number(value % BigInt(count)), count });
    assert.equal(holds("xxhash"), true);
  }
});

test("only a writer of the same cutting and another index is known to have asked about other images", async () => {
  const store = memoryStore();
  const ids: string[] = [];
  for (const shard of [{ index: 0, count: 3 }, { index: 1, count: 3 }, { index: 1, count: 4 }, WHOLE]) {
    const writer = await store.openWriter(makeWriterOptions({ shard }));
    ids.push(writer.id);
    await writer.close();
  }
  assert.deepEqual([...(await writersElsewhere(store, { index: 1, count: 3 }))], [ids[0]]);
  assert.deepEqual([...(await writersElsewhere(store, WHOLE))], []);
});
