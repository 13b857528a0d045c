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
