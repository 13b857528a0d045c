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

test("on a terminal, words take the place of the live line instead of going on behind it", () => {
  const code = `
    Object.defineProperty(process.stderr, "isTTY", { value: true });
    const { showProgress } = await import("${PROGRESS}");
    const { say } = await import("${new URL("./print.js", import.meta.url).href}");
    let now = 0;
    const progress = showProgress("cells", { now: () => now, every: () => () => {} });
    progress.update({ done: 0, total: 9 });
    now = 1_000;
    progress.update({ done: 2, total: 9 });
    say("one is taken out");
    progress.end();`;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  const line = "\r\u001b[2K2 of 9 cells · 2.0/s · 4 s left";
  assert.equal(stderr, `${line}\r\u001b[2Kone is taken out\n${line}\n`);
});
