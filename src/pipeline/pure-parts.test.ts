import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Fault } from "../records/index.js";
import { CellQueue } from "./cell-queue.js";
import { judgeAnswer } from "./judge-answer.js";
import { WasteWatch } from "./waste-alarm.js";

function answer(part: {
  finishReason?: string | null;
  fault?: Fault["kind"];
  status?: number;
  content?: string;
  completionTokens?: number;
}): Answer {
  const reply =
    part.finishReason === undefined
      ? null
      : {
          content: part.content ?? "x",
          reasoning: null,
          reasoningField: null,
          finishReason: part.finishReason,
          promptTokens: null,
          completionTokens: part.completionTokens ?? null,
          model: null,
          id: null,
        };
  const fault = part.fault === undefined ? null : { kind: part.fault, message: "m", body: null };
  return { reply, fault, status: part.status ?? 200, firstTokenAt: null, endedAt: "" };
}

test("a finished reply is accepted and blames nobody", () => {
  for (const finishReason of ["stop", "length", "content_filter", "repetition", "eos", "end_turn", "stop_sequence"]) {
    assert.deepEqual(judgeAnswer(answer({ finishReason })), { fault: null, charge: "never", endpoint: "fine" });
  }
});

test("faults of the cell's own use a try, faults of the endpoint never do", () => {
  for (const fault of ["incomplete", "bad-reply", "rejected-by-server", "unknown-finish-reason"] as const) {
    assert.equal(judgeAnswer(answer({ fault, status: 400 })).charge, "always", fault);
  }
  for (const fault of ["busy", "unreachable", "unauthorized", "wrong-model", "interrupted"] as const) {
    assert.equal(judgeAnswer(answer({ fault, status: 503 })).charge, "never", fault);
  }
  assert.equal(judgeAnswer(answer({ fault: "server-error", status: 500 })).charge, "never");
});

test("a break, an abort or an error event is charged only where the endpoint lives", () => {
  assert.equal(judgeAnswer(answer({ fault: "broken-stream" })).charge, "if-endpoint-lives");
  assert.equal(judgeAnswer(answer({ finishReason: "abort" })).charge, "if-endpoint-lives");
  assert.equal(judgeAnswer(answer({ finishReason: "error" })).charge, "if-endpoint-lives");
  assert.equal(judgeAnswer(answer({ fault: "server-error", status: 200 })).charge, "if-endpoint-lives");
  assert.equal(judgeAnswer(answer({ finishReason: null })).charge, "always");
  assert.equal(
    judgeAnswer(answer({ finishReason: null, content: "", completionTokens: 0 })).charge,
    "if-endpoint-lives",
  );
  // Some servers count in their first event, before there is any text.
  assert.equal(judgeAnswer(answer({ finishReason: null, completionTokens: 0 })).charge, "always");
  assert.equal(judgeAnswer(answer({ finishReason: "vibes" })).fault?.kind, "unknown-finish-reason");
});

test("a request that the engine gave up is free right after a refusal, and only then", () => {
  const given: Answer = {
    ...answer({ status: 200 }),
    fault: {
      kind: "server-error",
      message: "http://h/v1 sent an error instead of a reply: Internal server error",
      body: null,
    },
  };
  assert.equal(judgeAnswer(given).charge, "if-endpoint-lives");
  assert.deepEqual(judgeAnswer(given, true), { fault: given.fault, charge: "never", endpoint: "fine" });
  assert.equal(judgeAnswer(answer({ fault: "server-error" }), true).charge, "if-endpoint-lives");
});

test("a wrong key or model takes the endpoint out", () => {
  assert.equal(judgeAnswer(answer({ fault: "unauthorized", status: 401 })).endpoint, "out");
  assert.equal(judgeAnswer(answer({ fault: "wrong-model", status: 404 })).endpoint, "out");
});

test("retries come back in when they are due and hold nothing up before", () => {
  const queue = new CellQueue([0, 1, 2].map((position) => ({ position, round: 0 })));
  const first = queue.take(0);
  assert.equal(first?.position, 0);
  queue.putBack({ position: 0, round: 0 }, 100);
  assert.equal(queue.length, 3);
  assert.deepEqual([queue.take(50)?.position, queue.take(50)?.position, queue.take(50)], [1, 2, null]);
  assert.equal(queue.readyAt(), 100);
  assert.equal(queue.take(100)?.position, 0);
  assert.equal(queue.length, 0);
  assert.equal(queue.readyAt(), Number.POSITIVE_INFINITY);
});

test("the waste alarm goes off at the 20th useless first reply, or the 200th in a row, with the commonest reason", () => {
  const early = new WasteWatch();
  for (let index = 0; index < 19; index++) assert.equal(early.add("unparsed", "no-thinking"), null);
  assert.deepEqual(early.add("truncated", "cut-in-thinking"), {
    replies: 20,
    outcome: "unparsed",
    reason: "no-thinking",
  });

  const late = new WasteWatch();
  assert.equal(late.add("answered", null), null);
  for (let index = 0; index < 199; index++) assert.equal(late.add("truncated", "cut-in-answer"), null);
  assert.equal(late.add("truncated", "cut-in-answer")?.replies, 200);
});

test("one good reply among the first twenty keeps the alarm quiet", () => {
  const watch = new WasteWatch();
  for (let index = 0; index < 10; index++) watch.add("failed", "rejected-by-server");
  watch.add("answered", null);
  for (let index = 0; index < 150; index++) assert.equal(watch.add("refused", "declined"), null);
});
