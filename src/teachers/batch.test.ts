import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Answer } from "../records/index.js";
import { readBatchResult } from "./read-batch-result.js";
import { renderBatchLine } from "./render-batch-line.js";

const RECORDED = readFileSync(new URL("../../src/teachers/fixtures/vllm-run-batch-out.jsonl", import.meta.url), "utf8");
const TINY = { endpoint: "batch:glm.jsonl", model: "glm-tiny", apiKey: null };

function read(line: unknown, asked = TINY): Answer {
  const result = readBatchResult(typeof line === "string" ? line : JSON.stringify(line));
  assert.ok(typeof result !== "string", String(result));
  return result.answer(asked);
}

const completion = (content: string, finishReason = "stop") => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  model: "glm-tiny",
  choices: [{ index: 0, message: { role: "assistant", content, refusal: null }, finish_reason: finishReason }],
  usage: { prompt_tokens: 11, completion_tokens: 22, total_tokens: 33 },
});

test("a recorded output of vllm run-batch is read line by line as the same requests would be over HTTP", () => {
  const seen = RECORDED.trim()
    .split("\n")
    .map((line) => {
      const result = readBatchResult(line);
      assert.ok(typeof result !== "string");
      const { reply, fault, status } = result.answer(TINY);
      return [
        result.customId,
        status,
        reply?.finishReason ?? null,
        reply?.completionTokens ?? null,
        fault?.kind ?? null,
      ];
    });
  assert.deepEqual(seen, [
    ["slow-first", 200, "length", 150, null],
    ["n02123045_10", 200, "stop", 110, null],
    ["file-url", 200, "stop", 109, null],
    ["bad-image", 400, null, null, "rejected-by-server"],
    ["too-long", 400, null, null, "rejected-by-server"],
    ["wrong-model", 404, null, null, "wrong-model"],
    ["stream", 400, null, null, "rejected-by-server"],
    ["bad-url-path", 400, null, null, "rejected-by-server"],
    ["dup", 200, "stop", 34, null],
    ["dup", 200, "stop", 109, null],
    ["unicode", 200, "stop", 135, null],
    ["last", 200, "length", 5, null],
  ]);
});

test("a recorded error keeps the server's own words, whether it came as an object or as a string", () => {
  const lines = RECORDED.trim().split("\n");
  assert.match(read(lines[4] ?? "").fault?.message ?? "", /max_tokens=100000 cannot be greater than/);
  assert.match(read(lines[6] ?? "").fault?.message ?? "", /must not be sent in stream mode/);
  const wrongModel = read(lines[5] ?? "").fault?.message ?? "";
  assert.match(wrongModel, /compare with the name it was served by when the batch ran/);
});

test("OpenAI's lines are read: a reply, a refused request, one that expired, one that was cancelled", () => {
  const reply = read({
    id: "batch_req_1",
    custom_id: "a",
    response: { status_code: 200, request_id: "r", body: completion("hi") },
    error: null,
  });
  assert.equal(reply.fault, null);
  assert.equal(reply.reply?.content, "hi");
  assert.equal(reply.reply?.promptTokens, 11);
  const body = { error: { message: "Invalid image.", type: "invalid_request_error", param: null, code: null } };
  const refused = read({
    id: "batch_req_2",
    custom_id: "a",
    response: { status_code: 400, request_id: "r", body },
    error: null,
  });
  assert.equal(refused.fault?.kind, "rejected-by-server");
  assert.match(refused.fault?.message ?? "", /Invalid image/);
  for (const code of ["batch_expired", "batch_cancelled"]) {
    const never = read({
      id: "batch_req_3",
      custom_id: "a",
      response: null,
      error: { code, message: "Not executed." },
    });
    assert.equal(never.fault?.kind, "interrupted");
    assert.match(never.fault?.message ?? "", /Not executed/);
  }
  const limited = { error: { message: "Rate limit reached" } };
  assert.equal(
    read({ custom_id: "a", response: { status_code: 429, body: limited }, error: null }).fault?.kind,
    "busy",
  );
});

test("a completion directly under response is read too", () => {
  const { reply, status, fault } = read({ id: "vllm-1", custom_id: "a", response: completion("hi"), error: null });
  assert.deepEqual([reply?.content, status, fault], ["hi", 200, null]);
});

test("what is no whole reply of the model that was asked is a fault", () => {
  const line = (body: unknown) => ({ custom_id: "a", response: { status_code: 200, body }, error: null });
  assert.equal(read(line({ ...completion("hi"), model: "other" })).fault?.kind, "wrong-model");
  assert.equal(read(line(completion("hi", "abort"))).fault?.kind, "incomplete");
  assert.equal(read(line(completion("hi", "banana"))).fault?.kind, "unknown-finish-reason");
  assert.equal(read(line({ hello: 1 })).fault?.kind, "bad-reply");
  assert.equal(read(line(null)).fault?.kind, "bad-reply");
  assert.equal(read({ custom_id: "a", response: null, error: "engine died" }).fault?.kind, "server-error");
});

test("a line that is no result is told apart, with the reason", () => {
  assert.match(String(readBatchResult('{"custom_id": "a", "respon')), /cut/);
  assert.match(String(readBatchResult("[]")), /not a JSON object/);
  assert.match(String(readBatchResult('{"response": null}')), /no custom_id/);
  assert.match(String(readBatchResult('{"custom_id": "a"}')), /neither/);
  assert.match(String(readBatchResult('{"custom_id": "a", "method": "POST", "body": {}}')), /a request/);
});

test("a request line is one line of JSON with the fields that OpenAI and vLLM want, and never streams", () => {
  const line = renderBatchLine({
    customId: "n02123045_1/glm/abc-1/0011aabb",
    model: "m",
    body: { max_tokens: 5, skip_special_tokens: false },
    messages: [{ role: "user", content: [{ type: "text", text: "two\nlines \ud800" }] }],
  }).toString();
  assert.ok(line.endsWith("\n") && line.indexOf("\n") === line.length - 1);
  assert.deepEqual(JSON.parse(line), {
    custom_id: "n02123045_1/glm/abc-1/0011aabb",
    method: "POST",
    url: "/v1/chat/completions",
    body: {
      model: "m",
      messages: [{ role: "user", content: [{ type: "text", text: "two\nlines \ud800" }] }],
      max_tokens: 5,
      skip_special_tokens: false,
    },
  });
  const streamed = { customId: "a", model: "m", body: { stream: true }, messages: [] };
  assert.throws(() => renderBatchLine(streamed), /does not read back/);
});
