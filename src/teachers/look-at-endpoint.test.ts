import assert from "node:assert/strict";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { type EndpointHealth, UserError } from "../records/index.js";
import {
  askFor,
  type Behaviour,
  chatStream,
  jsonResponse,
  SHORT_TIMEOUTS,
  startScriptedServer,
} from "../testing/index.js";
import { normaliseEndpoint, openChatTeacher } from "./index.js";

function open(endpoint: string, env: Record<string, string> = {}, connectMs = 2_000) {
  return openChatTeacher({
    name: "glm",
    endpoint,
    model: "zai-org/GLM-4.1V-9B-Thinking",
    body: {},
    messages: (url) => [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
    timeouts: { ...SHORT_TIMEOUTS, connectMs },
    apiKey: null,
    connections: 2,
    env,
  });
}

async function look(routes: Record<string, Behaviour>, root = "/v1"): Promise<EndpointHealth & { url: string }> {
  const server = await startScriptedServer(({ path }) => routes[path] ?? jsonResponse({ detail: "Not Found" }, 404));
  const teacher = open(`${server.url}${root}`);
  const health = await teacher.look();
  await teacher.close();
  await server.close();
  return { ...health, url: server.url };
}

const list = (...ids: string[]) => jsonResponse({ object: "list", data: ids.map((id) => ({ id })) });
const MODEL = "zai-org/GLM-4.1V-9B-Thinking";

test("a server that serves the model has no problem, with or without a health route", async () => {
  assert.equal((await look({ "/v1/models": list(MODEL) })).problem, null);
  const healthy = await look({ "/v1/models": list("other", MODEL), "/health": { status: 200 } });
  assert.deepEqual([healthy.reachable, healthy.models, healthy.problem], [true, ["other", MODEL], null]);
});

test("a model that is not served is named beside those that are, nearest first", async () => {
  const { reachable, problem, models } = await look({ "/v1/models": list("kimi", "zai-org/GLM-4.1V-9b-thinkin") });
  assert.equal(reachable, true);
  assert.deepEqual(models, ["kimi", "zai-org/GLM-4.1V-9b-thinkin"]);
  assert.match(problem ?? "", /does not serve ".*" but kimi, zai-org.*did you mean "zai-org\/GLM-4.1V-9b-thinkin"/);
});

test("a wrong path says which to try", async () => {
  const { reachable, problem, url } = await look({ "/v1/models": list(MODEL) }, "");
  assert.equal(reachable, true);
  assert.match(problem ?? "", new RegExp(`try ${url}/v1 as the endpoint`));
});

test("a server without a model list is taken at its chat route's word", async () => {
  const { models, problem } = await look({
    "/v1/chat/completions": jsonResponse({ detail: "Method Not Allowed" }, 405),
  });
  assert.deepEqual([models, problem], [null, null]);
});

test("a server that wants a key says so, one that is loading or dead is not reachable yet", async () => {
  const locked = await look({ "/v1/models": jsonResponse({ error: "Unauthorized" }, 401) });
  assert.equal(locked.reachable, true);
  assert.match(locked.problem ?? "", /apiKeyEnv/);
  assert.equal(
    (await look({ "/v1/models": jsonResponse({ error: { message: "Loading model" } }, 503) })).reachable,
    false,
  );
  const dead = await look({ "/v1/models": list(MODEL), "/health": { status: 503 } });
  assert.equal(dead.reachable, false);
  assert.match(dead.problem ?? "", /engine/);
});

test("what cannot be connected to is said in plain words", async (t) => {
  const silent = createTcpServer((socket) => socket.end("220 mail.example ESMTP\r\n"));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  const http = await startScriptedServer(() => ({ status: 200 }));
  t.after(() => [silent.close(), http.close()]);
  const cases: [string, RegExp][] = [
    ["http://127.0.0.1:1/v1", /nothing listens at http:\/\/127\.0\.0\.1:1\/v1 \(connection refused\)/],
    ["http://no-such-host.invalid/v1", /cannot be resolved \(DNS/],
    [`http://127.0.0.1:${port}/v1`, /does not speak HTTP/],
    [http.url.replace("http:", "https:"), /does not speak TLS/],
  ];
  for (const [endpoint, words] of cases) {
    const teacher = open(endpoint);
    const { reachable, problem } = await teacher.look();
    assert.equal(reachable, false);
    assert.match(problem ?? "", words);
    assert.equal((await teacher.ask(askFor())).fault?.kind, "unreachable");
    await teacher.close();
  }
});

test("localhost is found on whichever address the server listens", async () => {
  const server = await startScriptedServer(() => list(MODEL));
  const teacher = open(`${server.url.replace("127.0.0.1", "localhost")}/v1`);
  assert.equal((await teacher.look()).problem, null);
  await teacher.close();
  await server.close();
});

test("a proxy from the environment is used, but not for this machine nor for names in NO_PROXY", async (t) => {
  const server = await startScriptedServer(() => chatStream(["x"], { model: MODEL }));
  const target = new URL(server.url);
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? "");
    const { pathname } = new URL(request.url ?? "");
    const { method, headers } = request;
    const onward = httpRequest(
      { host: target.hostname, port: target.port, path: pathname, method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    proxy.closeAllConnections();
    proxy.close();
    return server.close();
  });
  const env = { HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, NO_PROXY: "direct.invalid" };

  const far = open("http://teacher.invalid:8000/v1", env);
  for (let at = 0; at < 3; at += 1) assert.equal((await far.ask(askFor())).reply?.content, "x");
  assert.deepEqual(
    asked,
    Array.from({ length: 3 }, () => "http://teacher.invalid:8000/v1/chat/completions"),
  );
  await far.close();

  const near = open(`${server.url}/v1`, env);
  assert.equal((await near.ask(askFor())).reply?.content, "x");
  await near.close();
  const excepted = open("http://direct.invalid/v1", env);
  assert.match((await excepted.ask(askFor())).fault?.message ?? "", /DNS/);
  await excepted.close();
  assert.equal(asked.length, 3);

  const locked = createServer((_request, response) => response.writeHead(407).end("who are you"));
  await new Promise<void>((resolve) => locked.listen(0, "127.0.0.1", resolve));
  t.after(() => locked.close());
  const barred = open("http://teacher.invalid/v1", {
    HTTP_PROXY: `http://127.0.0.1:${(locked.address() as AddressInfo).port}`,
  });
  const { fault } = await barred.ask(askFor());
  assert.equal(fault?.kind, "unauthorized");
  assert.match(fault?.message ?? "", /the proxy .* wants a user name/);
  await barred.close();
  assert.throws(() => open("http://teacher.invalid/v1", { http_proxy: "user:pass@host" }), UserError);
});

test("an address is taken as users write it, and refused where it holds a password", () => {
  assert.equal(normaliseEndpoint("http://127.0.0.1:8000/v1/"), "http://127.0.0.1:8000/v1");
  assert.equal(normaliseEndpoint("https://API.example.com:443/v1/chat/completions"), "https://api.example.com/v1");
  assert.equal(normaliseEndpoint("http://h:8000"), "http://h:8000");
  for (const bad of [
    "",
    "127.0.0.1:8000",
    "ftp://h/v1",
    "http://u:s3cr3t@h/v1",
    "http://s3cr3t@h/v1",
    "http://h/v1?key=s3cr3t",
  ]) {
    assert.throws(
      () => normaliseEndpoint(bad),
      (error) => error instanceof UserError && !error.message.includes("s3cr3t"),
    );
  }
});
