import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestName, suggestName } from "./index.js";

test("the nearest name is the one with the fewest edits, letter case aside", () => {
  assert.equal(nearestName("kimmi", ["glm", "kimi", "plain"]), "kimi");
  assert.equal(nearestName("GLM", ["glm", "kimi"]), "glm");
});

test("a name that is far from all known ones suggests none, and the whole list is shown", () => {
  assert.equal(nearestName("x".repeat(1_000_000), ["glm", "kimi"]), null);
  assert.equal(suggestName("quaternion", ["glm", "kimi"]), "; known: glm, kimi");
});
