import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Behaviour,
  chatStream,
  jsonResponse,
  readRecording,
  type SeenRequest,
  startScriptedServer,
} from "../testing/index.js";
import type { DoctorReport } from "./index.js";
import { examineRecipe, openObserver } from "./index.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-doctor-"));
after(() => rm(folder, { recursive: true, force: true }));
let count = 0;

/** Examines a recipe whose teachers have these YAML fields. */
async function examine(...teachers: string[]): Promise<DoctorReport> {
  const recipe = join(folder, `${count++}.yaml`);
  const list = teachers.map((teacher, index) => `  - { name: t${index}, ${teacher} }\n`).join("");
  await writeFile(recipe, `name: t\nimages: [{ source: folder, path: "${PHOTOS}" }]\nteachers:\n${list}`);
  return examineRecipe(recipe, { say: () => {} });
}

/** An observer that is gone when the test is over; its base URL. */
async function observe(t: TestContext, options: Parameters<typeof openObserver>[0]): Promise<string> {
  const observer = await openObserver(options);
  t.after(() => observer.close());
  return observer.url;
}

/** The check of that name of one endpoint. */
function checkOf(report: DoctorReport, about: string, endpoint = 0) {
  const check = report.endpoints[endpoint]?.checks.find((one) => one.about === about);
  assert.ok(check, `no check "${about}" in ${JSON.stringify(report.endpoints[endpoint]?.checks)}`);
  return check;
}

/** Examines a server on this wire that answers chat requests by the script. */
async function examineServer(
  chat: (body: Record<string, unknown>, request: SeenRequest) => Behaviour,
  options: { fields?: string; version?: string | null; maxModelLen?: number; model?: string } = {},
): Promise<DoctorReport> {
  const { fields = "dialect: glm", version = "0.32.0", maxModelLen = 16_384, model = "glm-tiny" } = options;
  const server = await startScriptedServer((request) => {
    if (request.path === "/version" && version !== null) return jsonResponse({ version });
    if (request.path === "/v1/models") {
      return jsonResponse({ object: "list", data: [{ id: "glm-tiny", max_model_len: maxModelLen }] });
    }
    if (!request.path.endsWith("/chat/completions")) return jsonResponse({ detail: "Not Found" }, 404);
    return chat(JSON.parse(request.body.toString()) as Record<string, unknown>, request);
  });
  try {
    return await examine(`model: ${model}, endpoints: ["${server.url}/v1"], ${fields}`);
  } finally {
    await server.close();
  }
}

const recorded = (name: string): Behaviour =>
  readRecording(new URL(`../../src/teachers/fixtures/${name}.txt`, import.meta.url));

test("a recipe on the embedded observer has nothing wrong, out of the box", async () => {
  const report = await examine("endpoints: observer, dialect: glm");
  assert.equal(report.wrong, 0);
  assert.equal(report.endpoints[0]?.endpoint, "observer");
  assert.match(report.place.find((check) => check.about === "pictures")?.seen ?? "", /^12 listed/);
  assert.match(report.place.find((check) => check.about === "decoding")?.seen ?? "", /451 × 300, jpeg/);
  assert.match(report.place.find((check) => check.about === "disk")?.seen ?? "", /free/);
  assert.match(report.place.find((check) => check.about === "classes")?.seen ?? "", /WordNet 3\.0/);
});

test("an observer is understood in each dialect, its picture seen, its stream read", async (t) => {
  const dialects = ["glm", "kimi", "think-tags", "opener-in-template", "boxed", "plain"];
  const teachers = dialects.map(async (dialect) => {
    const url = await observe(t, { dialect });
    return `model: observer-${dialect}, endpoints: ["${url}"], dialect: ${dialect}`;
  });
  const report = await examine(...(await Promise.all(teachers)));
  assert.equal(report.wrong, 0, JSON.stringify(report.endpoints));
  for (const index of dialects.keys()) {
    assert.match(checkOf(report, "picture", index).seen, /is seen: 64 of/);
    assert.match(checkOf(report, "stream", index).seen, /stream_interval.*\[DONE\] at the end/);
    assert.match(checkOf(report, "server", index).seen, /version observer-1/);
  }
});

test("an observer that breaks is wrong in its thinking, with a fix", async (t) => {
  const breakages: [string, RegExp][] = [
    ["no-think", /strips GLM's tags, or the model did not think/],
    ["unclosed", /thinking-not-closed/],
    ["tags-stripped", /strips GLM's tags/],
    ["empty", /no text at all/],
  ];
  const teachers = breakages.map(async ([broken]) => {
    const url = await observe(t, { dialect: "glm", broken });
    return `model: observer-glm, endpoints: ["${url}"], dialect: glm`;
  });
  const report = await examine(...(await Promise.all(teachers)));
  for (const [index, [, words]] of breakages.entries()) {
    const check = checkOf(report, "thinking", index);
    assert.equal(check.state, "wrong");
    assert.match(check.seen, words);
    assert.ok((check.fix ?? "").length > 20);
  }
});

test("file:// is found where the server may read the recipe's folder, and the reason where it may not", async (t) => {
  const folders: [string | undefined, RegExp][] = [
    [PHOTOS, /^read by the server/],
    [folder, /not used.*must be a subpath/],
    [undefined, /not used.*allowed-local-media-path/],
  ];
  const teachers = folders.map(async ([allowedFolder]) => {
    const url = await observe(t, { dialect: "glm", allowedFolder });
    return `model: observer-glm, endpoints: ["${url}"], dialect: glm`;
  });
  const report = await examine(...(await Promise.all(teachers)));
  for (const [index, [, words]] of folders.entries()) assert.match(checkOf(report, "file://", index).seen, words);
});

test("transformers serve: what was lost is said in words, and what a run leaves out", async () => {
  const report = await examineServer(
    (body) => {
      const extras = ["skip_special_tokens", "stream_interval"].filter((name) => name in body);
      if (extras.length > 0) {
        return jsonResponse(
          { detail: `Unexpected fields in the request: {${extras.map((name) => `'${name}'`).join(", ")}}` },
          422,
        );
      }
      return chatStream(["So, let's look.", " A cat."], { model: "glm-tiny@main", done: false });
    },
    { version: null },
  );
  assert.match(checkOf(report, "fields").seen, /refuses skip_special_tokens, stream_interval; a run leaves them out/);
  assert.equal(
    checkOf(report, "thinking").seen,
    "this server strips GLM's tags: thinking and answer cannot be told apart",
  );
  assert.match(checkOf(report, "stream").seen, /no \[DONE\]/);
});

test("a recorded vLLM is fine as it is, and named where its parser swallowed the answer", async () => {
  assert.equal(checkOf(await examineServer(() => recorded("vllm-chat-full-stream-raw")), "thinking").state, "ok");
  const parser = checkOf(await examineServer(() => recorded("vllm-parser-plain")), "thinking");
  assert.equal(parser.state, "wrong");
  assert.match(parser.fix ?? "", /without --reasoning-parser/);
});

test("a key that is missing, not set or wrong is named by its variable and never shown", async (t) => {
  const url = await observe(t, { dialect: "glm", apiKey: "right-key" });
  const at = `model: observer-glm, endpoints: ["${url}"], dialect: glm`;
  Object.assign(process.env, { DOCTOR_TEST_WRONG: "wr0ng-s3cret", DOCTOR_TEST_RIGHT: "right-key" });
  t.after(() => {
    delete process.env.DOCTOR_TEST_WRONG;
    delete process.env.DOCTOR_TEST_RIGHT;
  });
  const report = await examine(
    at,
    `${at}, apiKeyEnv: DOCTOR_TEST_UNSET`,
    `${at}, apiKeyEnv: DOCTOR_TEST_WRONG`,
    `${at}, apiKeyEnv: DOCTOR_TEST_RIGHT`,
  );
  assert.match(checkOf(report, "server", 0).fix ?? "", /apiKeyEnv/);
  assert.match(checkOf(report, "key", 1).seen, /DOCTOR_TEST_UNSET is not set/);
  assert.equal(report.endpoints[1]?.capabilities, null);
  assert.match(checkOf(report, "server", 2).fix ?? "", /set DOCTOR_TEST_WRONG/);
  assert.equal(checkOf(report, "thinking", 3).state, "ok");
  assert.equal(report.wrong, 3);
  assert.ok(!/wr0ng-s3cret|right-key/.test(JSON.stringify(report)));
});

test("a wrong model, a wrong path and a dead port each say what to do", async (t) => {
  const url = await observe(t, { dialect: "glm" });
  const gone = await openObserver({ dialect: "glm" });
  await gone.close();
  const report = await examine(
    `model: glm-4, endpoints: ["${url}"], dialect: glm`,
    `model: observer-glm, endpoints: ["${url.slice(0, -3)}"], dialect: glm`,
    `model: observer-glm, endpoints: ["${gone.url}"], dialect: glm`,
  );
  assert.match(checkOf(report, "server", 0).fix ?? "", /observer-glm/);
  assert.match(checkOf(report, "server", 1).seen, /try http:\/\/127\.0\.0\.1:\d+\/v1 as the endpoint/);
  assert.match(checkOf(report, "server", 2).seen, /connection refused/);
  assert.match(checkOf(report, "server", 2).fix ?? "", /start the server/);
  assert.equal(report.wrong, 3);
});

test("the endpoints of a file are looked at one by one, and a file without any is wrong", async (t) => {
  const url = await observe(t, { dialect: "glm", apiKey: "right-key" });
  const file = join(folder, "endpoints.jsonl");
  await writeFile(file, `{"url": "${url}"}\n`);
  const report = await examine(
    `model: observer-glm, endpoints: "${file}", dialect: glm`,
    `model: observer-glm, endpoints: "${join(folder, "none.jsonl")}", dialect: glm`,
  );
  assert.equal(report.endpoints[0]?.endpoint, url);
  assert.match(checkOf(report, "server", 0).fix ?? "", /apiKeyEnv/);
  assert.match(checkOf(report, "server", 1).seen, /lists no endpoint yet/);
});

test("a context that cannot hold maxTokens is wrong, with a number that fits", async () => {
  const report = await examineServer(() => recorded("vllm-error-context"), { maxModelLen: 8192 });
  const check = checkOf(report, "context");
  assert.equal(check.state, "wrong");
  assert.match(check.seen, /8,192 tokens hold no maxTokens of 8,192/);
  assert.match(check.fix ?? "", /--max-model-len/);
});

test("a picture that costs no prompt tokens is not seen", async () => {
  const report = await examineServer(() => chatStream(["<think>a</think><answer>b</answer>"], { model: "glm-tiny" }));
  assert.match(checkOf(report, "picture").seen, /is not seen: 7 prompt tokens with it and 7 without/);
});

test("a field of the recipe's own that is refused must be taken out by a person", async () => {
  const report = await examineServer(
    (body) =>
      "top_k" in body
        ? jsonResponse({ error: { message: "Unrecognized request argument supplied: top_k" } }, 400)
        : recorded("vllm-chat-full-stream-raw"),
    { fields: "dialect: glm, extra: { top_k: 3 }" },
  );
  assert.match(checkOf(report, "fields").seen, /refuses top_k/);
  assert.equal(report.wrong, 1 + (checkOf(report, "picture").state === "wrong" ? 1 : 0));
});

test("pictures that are not there are wrong before any server is to blame", async () => {
  const recipe = join(folder, "empty.yaml");
  await writeFile(
    recipe,
    `name: t\nimages: [{ source: folder, path: ./no-such-folder }]\nteachers: [{ name: t, endpoints: observer, dialect: glm }]\n`,
  );
  const report = await examineRecipe(recipe, { say: () => {} });
  assert.equal(report.place.find((check) => check.about === "pictures")?.state, "wrong");
  assert.equal(checkOf(report, "thinking").state, "ok");
});
