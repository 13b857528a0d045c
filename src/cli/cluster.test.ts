import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../testing/index.js";

test("a number of cards that is none is refused with its flag", async () => {
  const line = ["cluster", "slurm", "recipe.yaml", "--shards", "2", "--to", "nowhere", "--gpus", "glm=two"];
  const { code, stdout, stderr } = await runProgram(line);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /'--gpus <name=n>' argument 'glm=two' is invalid\. must be a whole number from 1/);
});
