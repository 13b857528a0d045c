import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../testing/index.js";

const WITH_COMMANDS = [
  ["ablation", "check"],
  ["batch", "write"],
  ["batch", "read"],
  ["cluster", "slurm"],
];

test("the help of every command has an example, fits into 80 columns and shows no empty default", async () => {
  const { stdout } = await runProgram(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[| <| {2})/gm)].map(([, name]) => name ?? "");
  assert.ok(commands.length > 15, stdout);
  const lines = commands.filter((name) => name !== "help").map((name) => [name]);
  const helps = await Promise.all([...lines, ...WITH_COMMANDS].map((line) => runProgram([...line, "--help"])));
  for (const { code, stdout: help, stderr } of helps) {
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(help, /^Examples?:\n {2}\$ imagenet-think /m);
    assert.deepEqual(
      help.split("\n").filter((line) => line.length > 80),
      [],
    );
    assert.doesNotMatch(help, /default: (?:\{\}|\[\])/);
  }
});
