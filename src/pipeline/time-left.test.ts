import assert from "node:assert/strict";
import { test } from "node:test";
import type { WriterInfo } from "../records/index.js";
import { EMPTY_TALLY } from "../store/index.js";
import { rateOf, timeLeft } from "./time-left.js";

/** A writer 1,000 s after its start: cells answered by model at 100 tokens each, and tokens a second of late. */
function writer(answered: Readonly<Record<string, number>>, lately: Readonly<Record<string, number>> = {}): WriterInfo {
  const tallyOf = (cells: number) => ({
    ...EMPTY_TALLY,
    outcomes: { ...EMPTY_TALLY.outcomes, answered: cells },
    attempts: cells,
    completionTokens: 100 * cells,
  });
  return {
    ...{ writer: "w", shard: { index: 0, count: 1 }, host: "h", bootId: null, pid: 1, job: null },
    startedAt: "2026-01-02T12:00:00.000Z",
    heartbeatAt: "2026-01-02T12:16:40.000Z",
    state: "writing",
    parserVersion: "1",
    tallies: Object.fromEntries(Object.entries(answered).map(([model, cells]) => [model, tallyOf(cells)])),
    endpoints: Object.entries(lately).map(([model, tokensPerSecond]) => ({
      ...{ model, endpoint: "http://h/v1", inFlight: 1, limit: 1, why: "", faults: {}, isOut: false, tokensPerSecond },
    })),
  };
}

test("writers at work add up, each from its own start", () => {
  assert.deepEqual(rateOf([writer({ glm: 100, kimi: 300 }), writer({ glm: 100 })], null), { cells: 0.5, tokens: 50 });
  assert.deepEqual(rateOf([writer({ glm: 100, kimi: 300 })], "glm"), { cells: 0.1, tokens: 10 });
});

test("the slowest model decides how long it takes, not the mean of all", () => {
  const left = timeLeft({ glm: 1_000, kimi: 10 }, [writer({ glm: 100, kimi: 900 })]);
  assert.equal(left?.seconds, 10_000);
  assert.deepEqual(left?.range, [8_333, 12_500]);
  assert.equal(timeLeft({ glm: 0, kimi: 90 }, [writer({ glm: 100, kimi: 900 })])?.seconds, 100);
});

test("the interval reaches to where the pace of late leads", () => {
  const slower = timeLeft({ glm: 1_000 }, [writer({ glm: 400 }, { glm: 20 })]);
  assert.deepEqual([slower?.seconds, slower?.range], [2_500, [2_273, 5_556]]);
  const faster = timeLeft({ glm: 1_000 }, [writer({ glm: 400 }, { glm: 80 })]);
  assert.deepEqual([faster?.seconds, faster?.range], [2_500, [1_136, 2_778]]);
});

test("what is not known is not guessed", () => {
  assert.equal(timeLeft({ glm: 10 }, []), null);
  assert.equal(timeLeft({ glm: 10, kimi: 10 }, [writer({ glm: 100 })]), null);
  assert.deepEqual(timeLeft({ glm: 10 }, [writer({ glm: 5 })]), { seconds: 2_000, range: null });
});
