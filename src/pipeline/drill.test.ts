import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const DRILL = fileURLToPath(new URL("../../bench/drill.js", import.meta.url));
/** The build that this test belongs to. */
const DIST = fileURLToPath(new URL("..", import.meta.url));
/** Some seconds on an idle machine. There is more to ask than can be answered before the last kill. */
const SHORT = ["--hours", "0.3", "--minutes", "0.15", "--kills", "3", "--pictures", "150", "--disk", "limit"];

test("twenty minutes of faults with three kills lose nothing, double nothing and make nothing up", {
  skip: process.platform !== "linux",
}, async () => {
  const child = spawn(process.execPath, [DRILL, "--dist", DIST, ...SHORT], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const [code] = await once(child, "close");
  assert.equal(code, 0, said);
  assert.match(said, /killed 3/);
  assert.match(said, /^holds +300 {2}every cell has its outcome$/m);
});
