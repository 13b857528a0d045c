import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunStatus } from "../pipeline/index.js";
import { describeStatus } from "./describe-status.js";

const MODEL: RunStatus["models"][string] = {
  ...{ role: "teacher", answered: 90, truncated: 2, unparsed: 1, refused: 0, failed: 1, missing: 6 },
  ...{ attempts: 120, promptTokens: 9_000, completionTokens: 80_000, cut: 4, replaced: 0 },
  faults: { busy: 19, "endpoint-gone": 5, "rejected-by-server": 3 },
};
const STATUS: RunStatus = {
  ...{ name: "r", images: 100, cells: 100, complete: false, models: { glm: MODEL }, rejected: {}, notDrawn: 0 },
  ...{ perSecond: null, secondsLeft: null, secondsLeftRange: null, endpoints: [], gone: [], notes: [] },
};
const GONE: RunStatus["gone"][number] = {
  ...{ writer: "a00000001", shard: { index: 0, count: 2 }, host: "gpu-node-0017.cluster.example.org", pid: 12_345 },
  ...{ lastSeenAt: "2026-01-02T12:00:00.123Z", cellsPerSecond: 0.26, lastTokensPerSecond: 1_234.4 },
};

function linesOf(change: Partial<RunStatus>): readonly string[] {
  const lines = describeStatus({ ...STATUS, ...change }).split("\n");
  for (const line of lines) assert.ok(line.length <= 80, line);
  return lines;
}

const joined = (lines: readonly string[]) => lines.join(" ").replace(/\s+/g, " ");

test("what brought no pair is counted by reason, most first", () => {
  assert.match(
    joined(linesOf({})),
    /requests without a pair: glm 31 of 124 \(busy 19, endpoint-gone 5, cut by a kill 4, rejected-by-server 3\)/,
  );
});

test("tokens that no server stated are not said to be none", () => {
  const rowOf = (change: Partial<typeof MODEL>) =>
    linesOf({ models: { glm: { ...MODEL, ...change } } }).find((line) => line.startsWith("prompt tokens"));
  assert.match(String(rowOf({})), /9,000$/);
  assert.match(String(rowOf({ promptTokens: 0 })), /not stated$/);
  assert.match(String(rowOf({ promptTokens: 0, answered: 0 })), / 0$/);
});

test("time left is said with its interval, as a guess, or not at all", () => {
  const perSecond = { cells: 0.26, tokens: 1_234 };
  const said = (change: Partial<RunStatus>) => joined(linesOf({ perSecond, ...change }));
  assert.match(
    said({ secondsLeft: 9_000, secondsLeftRange: [7_200, 14_400] }),
    /0\.3 cells\/s, 1,234 tokens\/s; about 2 h 30 min left \(2 h 0 min to 4 h 0 min\)/,
  );
  assert.match(said({ secondsLeft: 90 }), /about 1 min 30 s left \(a guess from few cells\)/);
  assert.match(said({}), /time left is not known before every model has ended a cell/);
});

test("an endpoint stands with its pace, the reason of its limit and its errors; one that is out with why", () => {
  const endpoint = {
    ...{ model: "glm", endpoint: "http://10.0.0.1:8000/v1", inFlight: 31, limit: 32, tokensPerSecond: 1_500 },
    ...{ why: "holding: the server's slots are full, more would wait", faults: { busy: 2 }, isOut: false },
  };
  const out = { ...endpoint, isOut: true, why: "its key is refused \u001b[31m", faults: {} };
  assert.deepEqual(linesOf({ endpoints: [endpoint, out] }).slice(-5), [
    "glm at http://10.0.0.1:8000/v1: 31 in flight, limit 32, 1,500 tokens/s",
    "  holding: the server's slots are full, more would wait",
    "  errors: busy 2",
    "glm at http://10.0.0.1:8000/v1: out",
    "  its key is refused [31m",
  ]);
});

test("many endpoints are summed up by model, and those that are out still named", () => {
  const endpoint = {
    ...{ model: "glm", endpoint: "http://10.0.0.1:8000/v1", inFlight: 31, limit: 32, tokensPerSecond: 100 },
    ...{ why: "fixed by the recipe", faults: { busy: 2 }, isOut: false },
  };
  const many = Array.from({ length: 64 }, (_, at) => ({ ...endpoint, isOut: at === 7 }));
  assert.deepEqual(linesOf({ endpoints: [...many, { ...endpoint, model: "kimi" }] }).slice(-7), [
    "glm, endpoints: 64, 1,984 in flight, limit 2,048, 6,400 tokens/s",
    "  errors: busy 128",
    "kimi, endpoints: 1, 31 in flight, limit 32, 100 tokens/s",
    "  errors: busy 2",
    "glm at http://10.0.0.1:8000/v1: out",
    "  fixed by the recipe",
    "  errors: busy 2",
  ]);
});

test("a writer that is gone is named with its last pace; of several the latest, and what they did together", () => {
  const one =
    /the writer \(process 12345 on gpu-node-0017.* last seen 2026-01-02 12:00:00 UTC, .* ago; until then 0\.3 cells/;
  assert.match(joined(linesOf({ gone: [GONE] })), one);
  const later = { ...GONE, lastSeenAt: "2026-01-02T13:00:00.000Z" };
  assert.match(
    joined(linesOf({ gone: [GONE, later] })),
    /2 writers are gone without closing, the latest seen 2026-01-02 13:00:00 UTC.* 0\.5 cells\/s in the mean, 2,469 tokens\/s at the end/,
  );
});
