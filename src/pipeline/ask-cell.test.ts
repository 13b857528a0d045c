import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectNamed } from "../parsing/index.js";
import type { Teacher } from "../records/index.js";
import { fixedLimit } from "../teachers/index.js";
import { IDLE_TEACHER, makeReply, makeSampleImage, makeWriterOptions, memoryStore } from "../testing/index.js";
import { askCell } from "./ask-cell.js";
import { CellQueue } from "./cell-queue.js";
import { DRIVE_TIMES } from "./drive-times.js";
import { EndpointPost } from "./endpoint-post.js";
import { StopSwitch } from "./stop-switch.js";
import { Suspects } from "./suspects.js";

test("an endpoint's faults are counted by what the ledger calls them, once it is known who died", async () => {
  const dying: Teacher = {
    ...IDLE_TEACHER,
    ask: async () => ({
      reply: { ...makeReply(""), finishReason: "abort" },
      fault: { kind: "incomplete", message: "http://h/v1 broke a reply off (abort)", body: null },
      ...{ status: 200, firstTokenAt: null, endedAt: new Date().toISOString() },
    }),
    answersProbe: async () => false,
  };
  const post = new EndpointPost(dying, fixedLimit(1), () => performance.now());
  const cell = { position: 0, round: 0 };
  const options = {
    model: {
      ...{ name: "glm", role: "teacher" as const, model: "m", revision: null, endpoints: [dying.endpoint] },
      ...{ dialect: dialectNamed("glm"), apiKeyEnv: null, system: null, sampling: {}, concurrency: 1, tries: 1 },
      timeouts: { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000, totalMs: 1_000 },
    },
    images: [makeSampleImage(1)],
    queue: new CellQueue([]),
    suspects: new Suspects(),
    stop: new StopSwitch(),
    times: DRIVE_TIMES,
    tries: new Uint32Array(1),
    writer: await memoryStore().openWriter(makeWriterOptions()),
    run8: "0123abcd",
    keyOf: () => "",
    pictures: {
      take: async () => ({ base64: Buffer.from("AA=="), mime: "image/jpeg" as const, sha256: "" }),
      giveBack: () => undefined,
      announce: () => undefined,
    },
    parse: () => ({ outcome: "failed" as const, reason: "incomplete" as const }),
    onEnded: () => {},
    onSettled: () => {},
  };
  const { ended } = await askCell(options, post, cell, post.begin(), false);
  assert.deepEqual([ended.fault?.kind, ended.countsAsTry], ["endpoint-gone", false]);
  assert.deepEqual(post.faults, { "endpoint-gone": 1 });
});
