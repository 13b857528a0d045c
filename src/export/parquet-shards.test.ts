import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Column } from "./columns.js";
import { openShards } from "./parquet-shards.js";

const COLUMNS: readonly Column[] = [
  { name: "id", kind: "int32" },
  { name: "text", kind: "string" },
];

test("files and row groups are cut by size, rows keep their order, and names carry the total", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shards-"));
  const limits = { rowsPerGroup: 4, bytesPerGroup: 1_000, bytesPerShard: 2_000 };
  const shards = await openShards(folder, COLUMNS, limits);
  // 400 bytes a row make two a group; the long one stands alone in its group and in its file.
  const lengths = [400, 400, 400, 400, 400, 400, 5_000, 400, 10, 10, 10, 10, 10];
  for (const [id, length] of lengths.entries()) await shards.add({ id, text: "x".repeat(length) });
  await shards.finish();

  const names = (await readdir(folder)).sort();
  assert.deepEqual(
    names,
    [0, 1, 2, 3].map((index) => `train-0000${index}-of-00004.parquet`),
  );
  const ids: unknown[][] = [];
  const groups: number[][] = [];
  for (const name of names) {
    const file = await asyncBufferFromFile(join(folder, name));
    ids.push((await parquetReadObjects({ file, compressors })).map((row) => row.id));
    groups.push((await parquetMetadataAsync(file)).row_groups.map((group) => Number(group.num_rows)));
  }
  assert.deepEqual(ids, [[0, 1, 2, 3], [4, 5], [6], [7, 8, 9, 10, 11, 12]]);
  assert.deepEqual(groups, [[2, 2], [2], [1], [4, 2]]);
  await rm(folder, { recursive: true });
});
