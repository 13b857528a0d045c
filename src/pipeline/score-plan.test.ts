import assert from "node:assert/strict";
import { test } from "node:test";
import { planComparisons } from "./score-plan.js";

test("every candidate meets every teacher, and each two teachers meet once with the earlier as the reference", () => {
  const models = [
    { name: "glm", role: "teacher" },
    { name: "kimi", role: "teacher" },
    { name: "one", role: "candidate" },
  ] as const;
  assert.deepEqual(planComparisons(models), [
    { model: "one", reference: "glm" },
    { model: "one", reference: "kimi" },
    { model: "kimi", reference: "glm" },
  ]);
});

test("a teacher alone has nothing to be compared with", () => {
  assert.throws(
    () => planComparisons([{ name: "glm", role: "teacher" }]),
    /nothing to compare; add some to its recipe/,
  );
});
