import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../records/index.js";
import { fixedLimit } from "../teachers/index.js";
import { IDLE_TEACHER } from "../testing/index.js";
import { EndpointPost } from "./endpoint-post.js";

const ANSWER: Answer = {
  reply: {
    ...{ content: "x", reasoning: null, reasoningField: null, finishReason: "stop", model: null, id: null },
    ...{ promptTokens: 7, completionTokens: 4_500 },
  },
  ...{ fault: null, status: 200, firstTokenAt: null, endedAt: "2026-01-02T12:00:00.000Z" },
};

test("tokens a second are those of the time looked at: a reply that has just come is no burst, and silence wears it off", () => {
  let now = 0;
  const post = new EndpointPost(IDLE_TEACHER, fixedLimit(1), () => now);
  for (let reply = 1; reply <= 10; reply += 1) {
    const request = post.begin();
    now += 45_000;
    post.ended(request, ANSWER, "fine");
    assert.equal(post.tokensPerSecond(), 100, `after ${reply}`);
  }
  now += 45_000;
  assert.equal(post.tokensPerSecond(), 50);
  now += 90_000;
  assert.equal(post.tokensPerSecond(), 0);
});

test("a server that is gone is looked for every ten seconds at the latest, however long it takes to come back", () => {
  let now = 0;
  const post = new EndpointPost(
    IDLE_TEACHER,
    fixedLimit(1),
    () => now,
    () => 0.999,
  );
  const waits: number[] = [];
  for (let look = 1; look <= 60; look += 1) {
    post.stillGone("nothing listens");
    waits.push(post.restsUntil - now);
    now = post.restsUntil;
  }
  assert.ok((waits[0] ?? 0) <= 1_000);
  assert.ok(Math.max(...waits) <= 10_000);
  post.takeBack();
  // Its first request is refused: it has just come up, and waits as after a first fault.
  const request = post.begin();
  post.ended(
    request,
    { ...ANSWER, reply: null, fault: { kind: "busy", message: "m", body: null }, status: 503 },
    "busy",
  );
  assert.ok(post.restsUntil - now <= 1_000);
});
