import assert from "node:assert/strict";
import { test } from "node:test";
import { DIALECT_NAMES, UsageError } from "../records/index.js";
import { dialectNamed, parseReply } from "./index.js";

test("every dialect name has its record, and the record its name", () => {
  for (const name of DIALECT_NAMES) assert.equal(dialectNamed(name).name, name);
});

test("GLM is asked to keep its special tokens, the others need no field", () => {
  assert.deepEqual(dialectNamed("glm").requestFields, { skip_special_tokens: false });
  for (const name of DIALECT_NAMES) {
    if (name !== "glm") assert.deepEqual(dialectNamed(name).requestFields, {});
  }
});

test("an unknown dialect is a usage error that names the nearest one, whatever the reply", () => {
  assert.throws(() => dialectNamed("kimmi"), {
    name: "UsageError",
    message: 'dialect "kimmi" is not known; did you mean "kimi"?',
  });
  for (const name of ["__proto__", "constructor", "", "GLM"]) assert.throws(() => dialectNamed(name), UsageError);
  // A caller without types can hand in any word.
  const unknown = "glmm" as "glm";
  assert.throws(() => parseReply({ finishReason: null }, unknown), UsageError);
});
