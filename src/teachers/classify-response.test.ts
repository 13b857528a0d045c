import assert from "node:assert/strict";
import { test } from "node:test";
import { type Asked, classifyErrorInReply, classifyResponse } from "./classify-response.js";
import { readErrorBody } from "./error-body.js";

const ASKED: Asked = { endpoint: "http://gpu:8000/v1", model: "glm", apiKey: "sk-secret" };

function classify(status: number, body: string, headers: Record<string, string> = {}, asked = ASKED) {
  return classifyResponse({ status, headers, body }, asked, () => 0);
}

const nested = (message: string) => JSON.stringify({ error: { message, type: "x", param: null, code: 500 } });

test("each status has its meaning", () => {
  const kinds = {
    "rejected-by-server": [400, 413, 422, 415, 501],
    unauthorized: [401, 402, 403, 407],
    "wrong-model": [404, 405, 410, 301, 302, 307, 308],
    busy: [408, 409, 425, 429, 503, 529],
    "server-error": [500, 502, 504, 520],
  };
  for (const [kind, statuses] of Object.entries(kinds)) {
    for (const status of statuses) assert.equal(classify(status, nested("no")).kind, kind, String(status));
  }
});

test("a 500 that names a file, a host, a URL or a media option is the picture's fault", () => {
  for (const message of [
    "Cannot connect to host 127.0.0.1:9 ssl:default [Connect call failed ('127.0.0.1', 9)]",
    "Cannot connect to host no-such-host.invalid:80 ssl:default [Name or service not known]",
    "[Errno 2] No such file or directory: '/data/cat.JPEG'",
    "Cannot load local files without `--allowed-local-media-path`.",
    "At most 1 image may be provided, see --limit-mm-per-prompt",
    "could not fetch https://pictures.example/x",
    "cannot identify image file <_io.BytesIO object at 0x7f>",
    "failed to read /mnt/pictures/tabby.png",
  ]) {
    assert.equal(classify(500, nested(message)).kind, "rejected-by-server", message);
  }
});

test("a 500 of an engine that is failing or going is the server's, whatever it names", () => {
  for (const message of [
    "EngineCore encountered an issue. See stack trace (above) for the root cause.",
    "cannot schedule new futures after shutdown",
    "CUDA out of memory, see https://pytorch.org/docs/stable/notes/cuda.html",
    "[Errno 28] No space left on device: '/tmp/x.png'",
    "Internal Server Error",
    "",
  ]) {
    assert.equal(classify(500, nested(message)).kind, "server-error", message);
  }
  assert.equal(classify(502, nested("Cannot connect to host 10.0.0.1:8000")).kind, "server-error");
});

test("every shape of error body gives its message", () => {
  const shapes: [string, string][] = [
    [nested("deep"), "deep"],
    ['{"object":"error","message":"flat","type":"x","code":400}', "flat"],
    ['{"error":"Unauthorized"}', "Unauthorized"],
    ['{"detail":"Not Found"}', "Not Found"],
    ['{"detail":[{"msg":"field required"}]}', '[{"msg":"field required"}]'],
    ['{"message":"plain"}', "plain"],
    ["<!doctype html><html><head><title>502 Bad Gateway</title></head><body>x</body></html>", "502 Bad Gateway"],
    ["<html><style>p{}</style><p>No   <b>way</b></p></html>", "No way"],
    ["Internal Server Error", "Internal Server Error"],
    ["", ""],
    ["[1,2]", "[1,2]"],
  ];
  for (const [body, message] of shapes) assert.equal(readErrorBody(body).message, message, body);
});

test("a wrong path says which address to try, a wrong model what to compare", () => {
  const asked = { ...ASKED, endpoint: "http://gpu:8000" };
  assert.match(classify(404, '{"detail":"Not Found"}', {}, asked).message, /try http:\/\/gpu:8000\/v1 as the endpoint/);
  assert.match(classify(404, '{"detail":"Not Found"}').message, /check the endpoint's address/);
  assert.match(classify(404, nested("The model `glm` does not exist.")).message, /does not serve "glm"/);
  assert.equal(classify(400, "{\"detail\":\"Server is pinned to 'a'; requested 'glm'.\"}").kind, "wrong-model");
});

test("only a busy server's wish to wait is handed on", () => {
  assert.equal(classify(429, "", { "retry-after": "3" }).retryAfterMs, 3_000);
  assert.equal(classify(503, "").retryAfterMs, undefined);
  assert.equal(classify(400, "", { "retry-after": "3" }).retryAfterMs, undefined);
});

test("keys are taken out of message and body, also where the body is cut", () => {
  const fault = classify(401, nested("bad key sk-secret, header Bearer abc.def-123"));
  assert.ok(!/sk-secret|abc\.def/.test(JSON.stringify(fault)));
  assert.match(fault.message, /apiKeyEnv/);
  const long = classify(500, `${"x".repeat(2_043)}sk-secret${"é".repeat(5_000)}`);
  assert.ok(!long.body?.includes("sk-s"));
  assert.ok(Buffer.byteLength(long.body ?? "") <= 2_048);
  assert.ok(!classify(302, "", { location: "https://u:p@other.example/a?token=sk-secret" }).message.includes("sk-"));
});

test("a body is kept to 2 kB without a broken character, a message to one line", () => {
  const fault = classify(500, "é\n\u001b[31m".repeat(3_000));
  assert.ok(Buffer.byteLength(fault.body ?? "") <= 2_048);
  assert.ok(!fault.body?.includes("\ufffd"));
  assert.doesNotMatch(fault.message, /[\n\u001b]/);
  assert.ok(fault.message.length < 400);
});

test("an error inside a 200 goes by its own code", () => {
  const kindFor = (code: unknown) =>
    classifyErrorInReply({ message: "x", code: code as number, param: null }, "{}", ASKED).kind;
  assert.deepEqual([500, 400, 503, "boom", null, 12].map(kindFor), [
    "server-error",
    "rejected-by-server",
    "busy",
    "server-error",
    "server-error",
    "server-error",
  ]);
});

test("a hostile error page is read in linear time", () => {
  const startedAt = performance.now();
  for (const body of [
    "<".repeat(1_000_000),
    "<title".repeat(200_000),
    "<style>".repeat(150_000),
    " ".repeat(1_000_000),
  ]) {
    classify(500, body);
  }
  assert.ok(performance.now() - startedAt < 1_000);
});
