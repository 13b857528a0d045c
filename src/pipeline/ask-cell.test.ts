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

const MODEL = {
  ...{ name: "glm", role: "teacher" as const, model: "m", revision: null, endpoints: [IDLE_TEACHER.endpoint] },
  ...{ dialect: dialectNamed("glm"), apiKeyEnv: null, system: null, sampling: {}, concurrency: 1, tries: 1 },
  timeouts: { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000, totalMs: 1_000 },
};

/** One attempt at a teacher, and how often its picture was given back. */
async function askOnce(teacher: Teacher, isLast = false) {
  const post = new EndpointPost(teacher, fixedLimit(1), () => performance.now());
  let givenBack = 0;
  const options = {
    model: MODEL,
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
      giveBack: () => {
        givenBack += 1;
      },
      isLast: () => isLast,
      announce: () => undefined,
    },
    parse: () => ({ outcome: "failed" as const, reason: "incomplete" as const }),
    onEnded: () => {},
    onSettled: () => {},
  };
  const { ended } = await askCell(options, post, { position: 0, round: 0 }, post.begin(), false);
  return { ended, post, givenBack: () => givenBack };
}

const WHOLE = { reply: makeReply("a cat"), fault: null, status: 200, firstTokenAt: null };

test("an endpoint's faults are counted by what the ledger calls them, once it is known who died", async () => {
  const { ended, post } = await askOnce({
    ...IDLE_TEACHER,
    ask: async () => ({
      reply: { ...makeReply(""), finishReason: "abort" },
      fault: { kind: "incomplete", message: "http://h/v1 broke a reply off (abort)", body: null },
      ...{ status: 200, firstTokenAt: null, endedAt: new Date().toISOString() },
    }),
    answersProbe: async () => false,
  });
  assert.deepEqual([ended.fault?.kind, ended.countsAsTry], ["endpoint-gone", false]);
  assert.deepEqual(post.faults, { "endpoint-gone": 1 });
});

test("a picture is given back once: when the teacher has taken it over, or else when the attempt is over", async () => {
  const taken = await askOnce({
    ...IDLE_TEACHER,
    async ask({ onPictureTaken }) {
      onPictureTaken?.();
      return { ...WHOLE, endedAt: new Date().toISOString() };
    },
  });
  assert.equal(taken.givenBack(), 1);
  const untouched = await askOnce({
    ...IDLE_TEACHER,
    ask: async () => ({ ...WHOLE, endedAt: new Date().toISOString() }),
  });
  assert.equal(untouched.givenBack(), 1);
});

test("a picture that nobody else needs may be claimed, and is given back when the teacher says so and not before", async () => {
  let release: (() => void) | null | undefined;
  const claiming: Teacher = {
    ...IDLE_TEACHER,
    async ask({ claimPicture }) {
      release = claimPicture?.();
      assert.equal(release === null ? null : claimPicture?.(), null, "it is claimed already");
      return { ...WHOLE, endedAt: new Date().toISOString() };
    },
  };
  const claimed = await askOnce(claiming, true);
  assert.equal(claimed.givenBack(), 0);
  release?.();
  assert.equal(claimed.givenBack(), 1);
  const refused = await askOnce(claiming, false);
  assert.equal(release, null);
  assert.equal(refused.givenBack(), 1);
});
