import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Teacher } from "../records/index.js";
import { fixedLimit } from "../teachers/index.js";
import { DRIVE_TIMES } from "./drive-times.js";
import { EndpointGone, EndpointPost } from "./endpoint-post.js";
import { watchPosts } from "./watch-posts.js";

const GONE: Teacher = {
  name: "glm",
  endpoint: "http://h/v1",
  ask: () => Promise.reject(new Error("not asked here")),
  look: () => Promise.resolve({ reachable: false, models: null, problem: "nothing listens" }),
  knock: () => Promise.resolve("refuses"),
  readLoad: () => Promise.resolve(null),
  answersProbe: () => Promise.resolve(false),
  close: () => Promise.resolve(),
};

/** Looks at one post a thousand times a second. */
const watch = (post: EndpointPost, now: () => number) =>
  watchPosts({
    posts: () => [post],
    times: { ...DRIVE_TIMES, pollMs: 1 },
    now,
    say: () => {},
    changed: () => {},
  });

test("a server whose port refuses while an older request hangs without a byte: the request is given up like one that nobody joined", async () => {
  let now = 0;
  const post = new EndpointPost(GONE, fixedLimit(2), () => now);
  const hanging = post.begin();
  const given = new Promise<unknown>((resolve) => {
    hanging.controller.signal.addEventListener("abort", () => resolve(hanging.controller.signal.reason));
  });
  // The request after it was refused at once, so the post waits to be looked at before it gets work.
  post.stillGone("nothing listens");
  now = DRIVE_TIMES.silentMs;
  const stop = watch(post, () => now);
  const reason = await given;
  await stop();
  assert.ok(reason instanceof EndpointGone);
  assert.match(reason.message, /\/health refuses: the server is gone/);
});

test("a server whose health is refused while its other requests speak keeps them all; once they are silent too it is gone", async () => {
  let now = 0;
  let knocks = 0;
  const isKnocked: (() => void)[] = [];
  const knocked = (count: number) =>
    new Promise<void>((resolve) => {
      isKnocked[count] = resolve;
    });
  const refusing: Teacher = {
    ...GONE,
    knock() {
      knocks += 1;
      isKnocked[knocks]?.();
      return Promise.resolve("refuses");
    },
  };
  const post = new EndpointPost(refusing, fixedLimit(2), () => now);
  const queued = post.begin();
  const speaking = post.begin();
  const first = knocked(1);
  const second = knocked(2);
  now = DRIVE_TIMES.silentMs;
  post.sawOutput(speaking, 10);
  const stop = watch(post, () => now);
  await first;
  await new Promise(setImmediate);
  assert.deepEqual([queued.controller.signal.aborted, speaking.controller.signal.aborted], [false, false]);
  now += 5_000;
  await second;
  await stop();
  assert.deepEqual([queued.controller.signal.aborted, speaking.controller.signal.aborted], [true, true]);
});

test("a server that refused one request while it goes on with others is looked at and asked again before those are over", async () => {
  let now = 0;
  const back: Teacher = { ...GONE, look: () => Promise.resolve({ reachable: true, models: null, problem: null }) };
  const post = new EndpointPost(back, fixedLimit(2), () => now);
  const long = post.begin();
  post.ended(post.begin(), REFUSED, "ailing");
  assert.equal(post.isUsable(Number.MAX_SAFE_INTEGER), false);
  now = post.restsUntil;
  post.sawOutput(long, 10);
  await new Promise<void>((resolve) => {
    const stop = watchPosts({
      posts: () => [post],
      times: { ...DRIVE_TIMES, pollMs: 1 },
      now: () => now,
      say: () => {},
      changed: () => void stop().then(resolve),
    });
  });
  assert.equal(post.inFlight, 1);
  assert.equal(post.isUsable(now), true);
});

test("a server that speaks while it is probed is not stalled, and one whose requests have ended is not either", async () => {
  for (const meanwhile of ["speaks", "ends"]) {
    let now = 0;
    let probed = () => {};
    const isProbed = new Promise<void>((resolve) => {
      probed = resolve;
    });
    const teacher: Teacher = {
      ...GONE,
      knock: () => Promise.resolve("answers"),
      answersProbe() {
        now += DRIVE_TIMES.probeMs;
        if (meanwhile === "speaks") post.sawOutput(request, 10);
        else post.ended(request, INTERRUPTED, "fine");
        probed();
        return Promise.resolve(false);
      },
    };
    const post = new EndpointPost(teacher, fixedLimit(2), () => now);
    const request = post.begin();
    now = DRIVE_TIMES.stalledMs;
    const said: string[] = [];
    const times = { ...DRIVE_TIMES, pollMs: 1 };
    const say = (sentence: string) => said.push(sentence);
    const stop = watchPosts({ posts: () => [post], times, now: () => now, say, changed: () => {} });
    await isProbed;
    await stop();
    assert.deepEqual([post.out, said], [null, []], meanwhile);
  }
});

const INTERRUPTED: Answer = {
  ...{ reply: null, status: null, firstTokenAt: null, endedAt: "2026-01-02T12:00:00.000Z" },
  fault: { kind: "interrupted", message: "stopped", body: null },
};

const REFUSED: Answer = {
  reply: null,
  fault: { kind: "unreachable", message: "nothing listens", body: null },
  status: null,
  firstTokenAt: null,
  endedAt: "2026-01-02T12:00:00.000Z",
};
