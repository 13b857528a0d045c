import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../testing/index.js";

test("the help of every command has an example", async () => {
  const { stdout } = await runProgram(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[| <| {2})/gm)].map(([, name]) => name ?? "");
  assert.ok(commands.length > 15, stdout);
  const helps = await Promise.all(
    commands.filter((name) => name !== "help").map((name) => runProgram([name, "--help"])),
  );
  for (const { code, stdout: help, stderr } of helps) {
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(help, /^Examples?:\n {2}\$ imagenet-think /m);
  }
});
