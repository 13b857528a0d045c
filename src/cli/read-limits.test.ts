import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeadline, readDuration, readLimits } from "./read-limits.js";

test("durations are read as people and schedulers write them", () => {
  assert.equal(readDuration("--walltime", "90m"), 5_400_000);
  assert.equal(readDuration("--walltime", "2h30m"), 9_000_000);
  assert.equal(readDuration("--walltime", "1-02:00:00"), 93_600_000);
  assert.equal(readDuration("--walltime", "1-02:30"), 95_400_000);
  assert.equal(readDuration("--walltime", "23:30:00"), 84_600_000);
  assert.equal(readDuration("--walltime", "00:01:30"), 90_000);
  assert.equal(readDuration("--walltime", "30:00"), 1_800_000, "half an hour, as Slurm and PBS read it");
  for (const bad of ["", "90", "2 hours", "h", "1:2"])
    assert.throws(() => readDuration("--walltime", bad), /no duration/);
  assert.equal(readDeadline("2026-01-01T00:01:00Z", Date.parse("2026-01-01T00:00:00Z")), 60_000);
});

test("the nearer time and the smaller budget hold; money needs its price", () => {
  const allowed = readLimits(
    { deadline: "2h", walltime: "1h", tokenBudget: 5e6, budget: 2, costPerMillion: 0.5 },
    0,
    60_000,
  );
  assert.deepEqual(allowed.timeMs, { ms: 3_540_000, name: "end of --walltime" });
  assert.equal(allowed.tokens?.most, 4e6);
  assert.equal(allowed.tokens?.words(1e6), "0.50");
  assert.throws(() => readLimits({ budget: 2 }, 0, 0), /--cost-per-million/);
  assert.deepEqual(readLimits({}, 0, 0), { timeMs: null, tokens: null });
});
