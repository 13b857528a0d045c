import assert from "node:assert/strict";
import { test } from "node:test";
import type { DoctorReport } from "../pipeline/index.js";
import { describeDoctor } from "./describe-doctor.js";

const REPORT: DoctorReport = {
  name: "my-set",
  wrong: 1,
  place: [{ about: "program", state: "ok", seen: "imagenet-think 0.1.0, Node 20.20.2, linux x64", fix: null }],
  endpoints: [
    {
      name: "glm",
      model: "zai-org/GLM-4.1V-9B-Thinking",
      endpoint: "http://a-machine-with-a-long-name.in-some-cluster.example:8000/v1",
      capabilities: null,
      checks: [
        {
          about: "thinking",
          state: "wrong",
          seen: "this server strips GLM's tags: thinking and answer cannot be told apart",
          fix: "serve the model with `vllm serve`, which keeps them when asked (skip_special_tokens: false)",
        },
      ],
    },
  ],
};

test("the findings fit in 80 columns, and each fix stands below what it mends", () => {
  const text = describeDoctor(REPORT);
  for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
  assert.match(text, /WRONG {2}thinking this server strips GLM's tags/);
  assert.match(text, /apart\n {18}→ serve the model with `vllm serve`/);
});
