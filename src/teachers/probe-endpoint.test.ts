import assert from "node:assert/strict";
import { test } from "node:test";
import type { Capabilities, PreparedPicture } from "../records/index.js";
import {
  askFor,
  type Behaviour,
  chatStream,
  jsonResponse,
  readRecording,
  type SeenRequest,
  SHORT_TIMEOUTS,
  startScriptedServer,
} from "../testing/index.js";
import { type ProbeOptions, probeEndpoint } from "./index.js";

const recorded = (name: string): Behaviour =>
  readRecording(new URL(`../../src/teachers/fixtures/${name}.txt`, import.meta.url));
const PICTURE = askFor().picture;
const FILE: PreparedPicture = { ...PICTURE, file: "/pictures/n1/a picture #1.jpg" };
const VLLM: Record<string, Behaviour> = {
  "/version": jsonResponse({ version: "0.32.0" }),
  "/v1/models": jsonResponse({ object: "list", data: [{ id: "glm-tiny", max_model_len: 8192 }] }),
};
const TRANSFORMERS: Record<string, Behaviour> = {
  "/health": jsonResponse({ status: "ok" }),
  "/v1/models": { status: 500, headers: { "content-type": "text/plain" }, steps: ["Internal Server Error"] },
};

type Body = Record<string, unknown> & { messages: { content: { image_url?: { url: string } }[] }[] };
const bodyOf = (request: SeenRequest) => JSON.parse(request.body.toString()) as Body;
const imageOf = (body: Body) => body.messages[0]?.content.find((part) => part.image_url)?.image_url?.url ?? "";

/** Probes a server that has these pages and answers chat requests by the script. */
async function probe(
  pages: Record<string, Behaviour>,
  chat: (body: Body, index: number) => Behaviour,
  options: Partial<ProbeOptions> = {},
): Promise<{ seen: Capabilities; chats: Body[]; requests: SeenRequest[] }> {
  const chats: Body[] = [];
  const server = await startScriptedServer((request) => {
    if (!request.path.endsWith("/chat/completions"))
      return pages[request.path] ?? jsonResponse({ detail: "Not Found" }, 404);
    chats.push(bodyOf(request));
    return chat(bodyOf(request), chats.length - 1);
  });
  const seen = await probeEndpoint({
    name: "glm",
    endpoint: `${server.url}/v1`,
    model: "glm-tiny",
    body: { max_tokens: 8192, temperature: 0.8, skip_special_tokens: false },
    messages: (url) => [
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url } },
          { type: "text", text: "Describe." },
        ],
      },
    ],
    timeouts: SHORT_TIMEOUTS,
    apiKey: null,
    picture: PICTURE,
    file: null,
    maxTokens: 24,
    textOnly: false,
    env: {},
    ...options,
  });
  await server.close();
  return { seen, chats, requests: [...server.seen] };
}

test("a vLLM that refuses nothing is sent one small request, with every field and an id of its own", async () => {
  const { seen, chats, requests } = await probe(VLLM, () => recorded("vllm-chat-full-stream-raw"));
  assert.equal(chats.length, 1);
  assert.equal(chats[0]?.max_tokens, 24);
  assert.equal(chats[0]?.skip_special_tokens, false);
  assert.equal(chats[0]?.stream_interval, 20);
  assert.ok(!JSON.stringify(chats[0]).includes('"uuid"'));
  const id = requests.find((request) => request.method === "POST")?.headers["x-request-id"];
  assert.match(String(id), /^probe\/glm\/picture-[0-9a-f]{8}$/);
  assert.deepEqual(
    [seen.version, seen.models, seen.maxModelLen, seen.refusedFields, seen.sendsDone, seen.problem],
    ["0.32.0", ["glm-tiny"], 8192, [], true, null],
  );
  assert.match(seen.reply?.content ?? "", /^<think>So, .*<\/think><answer>/);
  assert.equal(seen.requests[0]?.requestId, id);
});

test("stream_interval is taken where fewer pieces than tokens come, and not where the field is passed over", async () => {
  const usage = { prompt_tokens: 90, completion_tokens: 24 };
  const pieces = (count: number) => Array.from({ length: count }, () => "word ");
  const coarse = await probe(VLLM, () => chatStream(pieces(3), { model: "glm-tiny", usage, finishReason: "length" }));
  assert.equal(coarse.seen.takesStreamInterval, true);
  const fine = await probe(VLLM, () => chatStream(pieces(24), { model: "glm-tiny", usage, finishReason: "length" }));
  assert.equal(fine.seen.takesStreamInterval, false);
  const uncounted = await probe(VLLM, () => chatStream(pieces(3), { model: "glm-tiny", usage: null }));
  assert.equal(uncounted.seen.takesStreamInterval, null);
});

test("transformers serve refuses vLLM's extras by name; it is asked without them, and sends no [DONE]", async () => {
  const { seen, chats } = await probe(TRANSFORMERS, (body) => {
    const extras = ["skip_special_tokens", "stream_interval"].filter((name) => name in body);
    if (extras.length === 0) return chatStream(["So, let's look"], { model: "glm-tiny@main", done: false });
    const names = extras.map((name) => `'${name}'`).join(", ");
    return jsonResponse({ detail: `Unexpected fields in the request: {${names}}` }, 422);
  });
  assert.equal(chats.length, 2);
  assert.deepEqual(seen.refusedFields, ["skip_special_tokens", "stream_interval"]);
  assert.deepEqual([seen.problem, seen.sendsDone, seen.takesStreamInterval], [null, false, false]);
  assert.equal(seen.reply?.content, "So, let's look");
});

test("a field refused one at a time, as hosted services do, is left out one at a time", async () => {
  const { seen } = await probe({}, (body) => {
    const name = ["skip_special_tokens", "stream_interval"].find((field) => field in body);
    if (name === undefined) return chatStream(["ok"], { model: "glm-tiny" });
    return jsonResponse({ error: { message: `Unrecognized request argument supplied: ${name}` } }, 400);
  });
  assert.deepEqual(seen.refusedFields, ["skip_special_tokens", "stream_interval"]);
  assert.equal(seen.problem, null);
});

test("a 400 about something else is a problem, and no field is blamed", async () => {
  const { seen, chats } = await probe(VLLM, () => recorded("vllm-error-context"));
  assert.equal(chats.length, 1);
  assert.deepEqual(seen.refusedFields, []);
  assert.equal(seen.problem?.kind, "rejected-by-server");
});

test("the text of a reasoning parser is kept with the name of its field", async () => {
  const { seen } = await probe(VLLM, () => recorded("vllm-parser-plain"));
  assert.equal(seen.reply?.content, null);
  assert.equal(seen.reply?.reasoningField, "reasoning");
});

test("the prompt without the picture tells what the picture costs", async () => {
  const { seen, chats } = await probe(
    VLLM,
    (body) =>
      chatStream(["x"], {
        model: "glm-tiny",
        usage: { prompt_tokens: imageOf(body) === "" ? 24 : 88, completion_tokens: 1 },
      }),
    { textOnly: true },
  );
  assert.equal(chats.length, 2);
  assert.deepEqual([seen.reply?.promptTokens, seen.textPromptTokens], [88, 24]);
});

test("file:// is used only where a missing file fails and the same picture costs the same tokens", async () => {
  const reply = (tokens: number) =>
    chatStream(["x"], { model: "glm-tiny", usage: { prompt_tokens: tokens, completion_tokens: 1 } });
  const read = await probe(
    VLLM,
    (body) => (imageOf(body).includes("not-there") ? recorded("vllm-file-missing") : reply(88)),
    { file: FILE },
  );
  assert.equal(read.seen.readsFiles, true);
  assert.equal(imageOf(read.chats[2] as Body), "file:///pictures/n1/a%20picture%20%231.jpg");

  const other = await probe(
    VLLM,
    (body) =>
      imageOf(body).includes("not-there")
        ? recorded("vllm-file-missing")
        : reply(imageOf(body).startsWith("file:") ? 187 : 335),
    { file: FILE },
  );
  assert.equal(other.seen.readsFiles, false);

  const blind = await probe(VLLM, () => reply(88), { file: FILE });
  assert.equal(blind.seen.readsFiles, false);
  assert.match(blind.seen.filesSeen ?? "", /without looking/);

  const closed = await probe(
    VLLM,
    (body) => (imageOf(body).startsWith("file:") ? recorded("vllm-error-file-not-allowed") : reply(88)),
    { file: FILE },
  );
  assert.equal(closed.seen.readsFiles, false);
  assert.match(closed.seen.filesSeen ?? "", /allowed-local-media-path/);

  const unversioned = await probe({}, () => reply(88), { file: FILE });
  assert.deepEqual([unversioned.seen.readsFiles, unversioned.chats.length], [null, 1]);
});

test("a wrong key, a wrong model and a dead port are problems with their kinds", async () => {
  assert.equal((await probe({}, () => recorded("vllm-auth-none"))).seen.problem?.kind, "unauthorized");
  assert.equal((await probe({}, () => recorded("vllm-error-model"))).seen.problem?.kind, "wrong-model");
  assert.equal((await probe({}, () => recorded("transformers-error-model"))).seen.problem?.kind, "wrong-model");
  const dead = await probe({}, () => jsonResponse({}), { endpoint: "http://127.0.0.1:1/v1" });
  assert.equal(dead.seen.problem?.kind, "unreachable");
});
