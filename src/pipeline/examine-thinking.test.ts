import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectNamed } from "../parsing/index.js";
import type { DialectName, Reply } from "../records/index.js";
import { examineThinking } from "./examine-thinking.js";

const PLAIN: Reply = {
  content: null,
  reasoning: null,
  reasoningField: null,
  finishReason: "stop",
  promptTokens: 88,
  completionTokens: 24,
  model: "m",
  id: "1",
};
const examine = (dialect: DialectName, reply: Partial<Reply>, refused: readonly string[] = []) =>
  examineThinking({ ...PLAIN, ...reply }, dialectNamed(dialect), refused);

const cases: [string, DialectName, Partial<Reply>, "ok" | "note" | "wrong", RegExp][] = [
  [
    "a whole pair with its tags",
    "glm",
    { content: "<think>Stripes.</think><answer>A cat.</answer>" },
    "ok",
    /with its tags/,
  ],
  [
    "a thought that the small budget cut",
    "glm",
    { content: "<think>So, let's look", finishReason: "length" },
    "ok",
    /budget cut it/,
  ],
  ["Kimi's tags", "kimi", { content: "◁think▷Stripes.◁/think▷A cat." }, "ok", /with its tags/],
  [
    "a thought whose opener the template wrote",
    "opener-in-template",
    { content: "Stripes.</think>A cat." },
    "ok",
    /tags/,
  ],
  ["no thinking where none is asked for", "plain", { content: "A cat on a mat." }, "ok", /asks for none/],
  ["GLM without tags", "glm", { content: "So, let's look. A cat." }, "wrong", /strips GLM's tags/],
  ["GLM without tags, cut", "glm", { content: "So, let's", finishReason: "length" }, "wrong", /strips GLM's tags/],
  ["Kimi without tags", "kimi", { content: "A cat." }, "wrong", /no ◁think▷.*cannot be told apart/],
  ["an opener that never closes", "glm", { content: "<think>Stripes." }, "wrong", /thinking-not-closed/],
  [
    "a parser that split the pair",
    "glm",
    { content: "<answer>A cat.</answer>", reasoning: "Stripes.", reasoningField: "reasoning" },
    "note",
    /splits it off into `reasoning`/,
  ],
  [
    "a parser of an older server",
    "glm",
    { content: "A cat.", reasoning: "Stripes.", reasoningField: "reasoning_content" },
    "note",
    /`reasoning_content`/,
  ],
  [
    "a parser that took everything",
    "glm",
    { reasoning: "Stripes. A cat.", reasoningField: "reasoning" },
    "wrong",
    /whole text into `reasoning` and left no answer/,
  ],
  [
    "a parser that took Kimi's text with its tags",
    "kimi",
    { reasoning: "◁think▷Stripes.◁/think▷A cat.", reasoningField: "reasoning" },
    "note",
    /tags are still there/,
  ],
  [
    "a parser, cut before the answer",
    "glm",
    { reasoning: "Stripes", reasoningField: "reasoning", finishReason: "length" },
    "note",
    /not seen/,
  ],
  ["an empty reply", "glm", { content: " " }, "wrong", /no text at all/],
  ["a reply that was broken off", "glm", { content: "<think>a", finishReason: "abort" }, "wrong", /"abort"/],
];

for (const [name, dialect, reply, state, words] of cases) {
  test(`${name}: ${state}`, () => {
    const check = examine(dialect, reply);
    assert.equal(check.state, state);
    assert.match(check.seen, words);
    assert.equal(check.fix !== null, state !== "ok");
  });
}

test("where the server refuses the field that keeps GLM's tags, the fix is another server", () => {
  const check = examine("glm", { content: "So, let's look. A cat." }, ["skip_special_tokens"]);
  assert.match(check.seen, /^this server strips GLM's tags: thinking and answer cannot be told apart$/);
  assert.match(check.fix ?? "", /vllm serve.*--keep-going/);
});
