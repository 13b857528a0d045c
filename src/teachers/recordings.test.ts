import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, FaultKind, Reply } from "../records/index.js";
import { askFor, readRecording, SHORT_TIMEOUTS, startScriptedServer } from "../testing/index.js";
import { openChatTeacher } from "./index.js";

/** Replays what a real server once sent. */
async function replay(recording: string, model: string): Promise<Answer> {
  const behaviour = readRecording(new URL(`../../src/teachers/fixtures/${recording}.txt`, import.meta.url));
  const server = await startScriptedServer(() => behaviour);
  const teacher = openChatTeacher({
    name: "glm",
    endpoint: `${server.url}/v1`,
    model,
    body: {},
    messages: (url) => [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
    timeouts: { ...SHORT_TIMEOUTS, idleMs: 200 },
    apiKey: null,
    connections: 1,
    env: {},
  });
  const answer = await teacher.ask(askFor());
  await teacher.close();
  await server.close();
  return answer;
}

const TENCH =
  "The image shows a tench, a freshwater fish with dark green scales and round fins. A person holds it with both hands. Behind them there is grass and water.";

const whole: [string, string, Partial<Reply>][] = [
  [
    "vllm-chat-full-stream-raw",
    "glm-tiny",
    {
      content: `<think>So, let's look at this image. First, the main subject is a fish held by a person. The body is long and the scales are dark green. The fins are round. Background: grass and water, so this is near a lake. Wait, could it be a carp? No, the mouth is small, so a tench fits better.</think><answer>${TENCH}</answer>`,
      finishReason: "stop",
      reasoning: null,
    },
  ],
  ["vllm-chat-length-stream", "glm-tiny", { finishReason: "length", promptTokens: 187, completionTokens: 20 }],
  [
    "vllm-chat-unicode-stream",
    "glm-tiny",
    {
      content:
        "<think>图片里有一条鱼 🐟 — très sûr, naïve café. 👩‍🔬</think><answer>图片里有一条鱼 🐟 — très sûr, naïve café. 👩‍🔬</answer>",
      finishReason: "stop",
      completionTokens: null,
    },
  ],
  [
    "vllm-kimi-stream",
    "kimi-tiny",
    {
      content:
        "◁think▷arindble mouthte steble procenld isasonll steparp persble snd smallinc.◁/think▷Sorociniv isreen person fishnfou reason small bothect proc darkczey.",
      completionTokens: 65,
    },
  ],
  [
    "vllm-parser-plain",
    "glm-tiny",
    { content: null, reasoning: TENCH, reasoningField: "reasoning", completionTokens: 34 },
  ],
  ["vllm-parser-stream-skip-default", "glm-tiny", { content: ".</answer>", reasoning: "So, let's" }],
  ["vllm-sse-keepalive-comments", "glm-tiny", { reasoning: "The image shows a", finishReason: "length" }],
  [
    "transformers-chat-full-stream",
    "<model dir>",
    { finishReason: "stop", promptTokens: 208, completionTokens: 110, model: "<model dir>@main" },
  ],
];

for (const [recording, model, expected] of whole) {
  test(`${recording} is read whole`, async () => {
    const { reply, fault, status } = await replay(recording, model);
    assert.equal(fault, null);
    assert.equal(status, 200);
    for (const [field, value] of Object.entries(expected)) assert.equal(reply?.[field as keyof Reply], value, field);
  });
}

const broken: [string, FaultKind, RegExp, number][] = [
  ["vllm-kill-engine-killed", "server-error", /EngineCore encountered an issue/, 200],
  ["vllm-kill-sigterm-default", "incomplete", /broke a reply off \(abort\)/, 200],
  ["vllm-kill-sigterm-waiting", "incomplete", /without a finish reason/, 200],
  ["vllm-kill-sigterm-hang", "timed-out", /fell silent .* 200 ms/, 200],
  ["vllm-kill-engine-killed-nonstream", "server-error", /EngineCore/, 500],
  ["vllm-error-json", "rejected-by-server", /JSON decode error/, 400],
  ["vllm-error-context", "rejected-by-server", /max_model_len=8192/, 400],
  ["vllm-error-model", "wrong-model", /does not serve "glm-tiny"/, 404],
  ["vllm-error-url-refused", "rejected-by-server", /Cannot connect to host/, 500],
  ["vllm-error-url-dns", "rejected-by-server", /Name or service not known/, 500],
  ["vllm-error-url-404", "rejected-by-server", /answered 422/, 422],
  ["vllm-file-missing", "rejected-by-server", /No such file/, 500],
  ["vllm-error-file-not-allowed", "rejected-by-server", /allowed-local-media-path/, 500],
  ["vllm-error-dataurl-not-base64", "rejected-by-server", /Only base64/, 501],
  ["vllm-full-503", "busy", /currently busy/, 503],
  ["vllm-drain-new-request", "server-error", /cannot schedule new futures after shutdown/, 500],
  ["vllm-full-stream", "busy", /currently busy/, 200],
  ["vllm-full-stream-again", "server-error", /: Internal server error$/, 200],
  ["vllm-auth-none", "unauthorized", /Unauthorized/, 401],
  ["transformers-error-model", "wrong-model", /pinned to/, 400],
  ["transformers-error-unexpected-field", "rejected-by-server", /skip_special_tokens/, 422],
  ["transformers-error-not-an-image", "server-error", /Internal Server Error/, 500],
];

for (const [recording, kind, message, status] of broken) {
  test(`${recording} is ${kind}`, async () => {
    const answer = await replay(recording, "glm-tiny");
    assert.equal(answer.fault?.kind, kind);
    assert.match(answer.fault?.message ?? "", message);
    assert.equal(answer.status, status);
    // Text that came before a break stays as evidence; what was refused has none.
    assert.equal(answer.reply !== null, status === 200 && kind !== "busy");
  });
}
