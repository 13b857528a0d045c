import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const PROGRESS = new URL("./progress.js", import.meta.url).href;

test("without a terminal a plain line comes every few seconds, also while nothing moves, and none after the end", () => {
  const code = `
    import { showProgress } from "${PROGRESS}";
    let now = 0;
    let look = () => {};
    const clock = { now: () => now, every: (ms, call) => { look = call; return () => { look = () => {}; }; } };
    const progress = showProgress("cells", clock);
    progress.update({ done: 3, total: 9, facts: ["1 faults"] });
    for (; now <= 12_000; now += 1_000) look();
    progress.end();
    for (; now <= 99_000; now += 1_000) look();`;
  const { stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  assert.equal(stdout, "");
  const line = "3 of 9 cells · 0.0/s · 1 faults\n";
  assert.equal(stderr, line.repeat(3));
});
