import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Capabilities } from "../records/index.js";
import { endpointRecord } from "./index.js";

const run = await mkdtemp(join(tmpdir(), "imagenet-think-endpoints-"));
after(() => rm(run, { recursive: true, force: true }));

const SEEN: Capabilities = {
  endpoint: "http://127.0.0.1:8000/v1",
  model: "m",
  probedAt: "2026-01-01T00:00:00.000Z",
  triedFields: ["temperature"],
  version: "0.32.0",
  models: ["m"],
  maxModelLen: 8192,
  problem: null,
  refusedFields: [],
  takesStreamInterval: true,
  sendsDone: true,
  readsFiles: null,
  filesSeen: null,
  reply: null,
  firstTokenMs: 3,
  tokensPerSecond: null,
  textPromptTokens: null,
  requests: [],
};
const PLACE = { name: "glm", endpoint: SEEN.endpoint, model: SEEN.model };

test("what is kept of an endpoint is recalled, and another endpoint or model has a file of its own", async () => {
  const record = endpointRecord(run, PLACE);
  assert.equal(await record.recall(), null);
  await record.keep(SEEN);
  assert.deepEqual(await record.recall(), { formatVersion: 1, ...SEEN });
  assert.equal(await endpointRecord(run, { ...PLACE, model: "other" }).recall(), null);
  assert.equal(await endpointRecord(run, { ...PLACE, endpoint: "http://127.0.0.1:8001/v1" }).recall(), null);
});

test("a file that is damaged or of a later format is as if it were not there", async () => {
  const [name = ""] = await readdir(join(run, "endpoints"));
  const record = endpointRecord(run, PLACE);
  for (const text of ["{", "null", "[]", JSON.stringify({ ...SEEN, formatVersion: 2 }), '{"formatVersion":1}']) {
    await writeFile(join(run, "endpoints", name), text);
    assert.equal(await record.recall(), null, text);
  }
  await record.keep(SEEN);
  assert.notEqual(await record.recall(), null);
});
