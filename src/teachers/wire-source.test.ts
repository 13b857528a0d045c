import assert from "node:assert/strict";
import { test } from "node:test";
import type { Capabilities, Teacher } from "../records/index.js";
import {
  askFor,
  type Behaviour,
  chatStream,
  jsonResponse,
  type SeenRequest,
  SHORT_TIMEOUTS,
  startScriptedServer,
} from "../testing/index.js";
import { openChatTeacher, openWireSource } from "./index.js";

const GOOD = chatStream(["<think>", "a", "b"], {
  model: "m",
  usage: { prompt_tokens: 88, completion_tokens: 24 },
});

interface Served {
  readonly teacher: Teacher;
  readonly probes: SeenRequest[];
  readonly asks: SeenRequest[];
  /** What is kept between starts. */
  kept: Capabilities | null;
  version: string;
  restart(options?: { readonly now?: number; readonly isEager?: boolean }): Teacher;
  [Symbol.asyncDispose](): Promise<void>;
}

async function serve(script: (request: SeenRequest, body: Record<string, unknown>) => Behaviour): Promise<Served> {
  const probes: SeenRequest[] = [];
  const asks: SeenRequest[] = [];
  const teachers: Teacher[] = [];
  const server = await startScriptedServer((request) => {
    if (request.path === "/version") return jsonResponse({ version: served.version });
    if (request.path.endsWith("/models")) return jsonResponse({ data: [{ id: "m" }] });
    const isProbe = String(request.headers["x-request-id"]).startsWith("probe/");
    (isProbe ? probes : asks).push(request);
    return script(request, JSON.parse(request.body.toString()) as Record<string, unknown>);
  });
  const restart: Served["restart"] = ({ now, isEager = true } = {}) => {
    const options = {
      name: "glm",
      endpoint: `${server.url}/v1`,
      model: "m",
      body: { max_tokens: 100, skip_special_tokens: false },
      messages: (url: string) => [
        { role: "user" as const, content: [{ type: "image_url" as const, image_url: { url } }] },
      ],
      timeouts: SHORT_TIMEOUTS,
      apiKey: null,
      connections: 8,
      env: {},
    };
    const wire = openWireSource({
      isEager,
      ...options,
      picture: async () => askFor().picture,
      mayDrop: ["skip_special_tokens"],
      recall: async () => served.kept,
      keep: async (seen) => {
        served.kept = seen;
      },
      ...(now === undefined ? {} : { now: () => now }),
    });
    const teacher = openChatTeacher({ ...options, wire });
    teachers.push(teacher);
    return teacher;
  };
  const served: Served = {
    probes,
    asks,
    kept: null,
    version: "0.32.0",
    restart,
    teacher: restart(),
    async [Symbol.asyncDispose]() {
      await Promise.all(teachers.map((teacher) => teacher.close()));
      await server.close();
    },
  };
  return served;
}

const fieldsOf = (request: SeenRequest | undefined) =>
  JSON.parse(request?.body.toString() ?? "{}") as Record<string, unknown>;

test("the first requests wait for one probe, and what it found goes out with them", async () => {
  await using served = await serve(() => GOOD);
  const answers = await Promise.all([1, 2, 3].map((n) => served.teacher.ask(askFor(undefined, `p-${n}/m/a-1/0`))));
  assert.ok(answers.every((answer) => answer.fault === null));
  assert.equal(served.probes.length, 1);
  assert.equal(served.asks.length, 3);
  assert.ok(served.asks.every((ask) => fieldsOf(ask).stream_interval === 20));
  assert.equal(fieldsOf(served.asks[0]).max_tokens, 100);
  assert.equal(served.kept?.takesStreamInterval, true);
});

test("a later start reuses what is kept, while address, model and version are the same and for a day", async () => {
  await using served = await serve(() => GOOD);
  await served.teacher.ask(askFor());
  await served.restart().ask(askFor());
  assert.equal(served.probes.length, 1);
  assert.equal(fieldsOf(served.asks[1]).stream_interval, 20);
  served.version = "0.33.0";
  await served.restart().ask(askFor());
  assert.equal(served.probes.length, 2);
  await served.restart({ now: Date.now() + 25 * 3_600_000 }).ask(askFor());
  assert.equal(served.probes.length, 3);
});

test("the dialect's fields and ours are left out where they are refused, the recipe's own are not", async () => {
  await using served = await serve((_request, body) =>
    "skip_special_tokens" in body || "stream_interval" in body
      ? jsonResponse({ detail: "Unexpected fields in the request: {'skip_special_tokens', 'stream_interval'}" }, 422)
      : GOOD,
  );
  assert.equal((await served.teacher.ask(askFor())).fault, null);
  const sent = fieldsOf(served.asks[0]);
  assert.ok(!("skip_special_tokens" in sent) && !("stream_interval" in sent));
  assert.equal(sent.max_tokens, 100);
});

test("a field that is refused before there was a probe is no fault of the request: the next goes out without it", async () => {
  await using served = await serve((_request, body) =>
    "skip_special_tokens" in body || body.max_tokens === 100
      ? jsonResponse({ detail: "Unexpected fields in the request: {'skip_special_tokens', 'max_tokens'}" }, 422)
      : GOOD,
  );
  const teacher = served.restart({ isEager: false });
  const burst = await Promise.all([1, 2, 3].map((n) => teacher.ask(askFor(undefined, `p-${n}/m/a-1/0`))));
  assert.deepEqual(
    burst.map(({ fault, goesOtherwise }) => [fault?.kind, goesOtherwise]),
    burst.map(() => ["rejected-by-server", true]),
  );
  // What the recipe asks for is not left out: from here on the refusal is the request's own.
  const next = await teacher.ask(askFor());
  assert.ok(!("skip_special_tokens" in fieldsOf(served.asks.at(-1))));
  assert.equal(next.fault?.kind, "rejected-by-server");
  assert.equal(next.goesOtherwise, undefined);
});

test("a server that is full or wants a key answers the waiting requests by its probe, and nothing more is sent", async () => {
  await using full = await serve(() => jsonResponse({ error: "slow down" }, 429, { "retry-after": "7" }));
  const answer = await full.teacher.ask(askFor());
  assert.deepEqual([answer.fault?.kind, answer.fault?.retryAfterMs, answer.status], ["busy", 7_000, 429]);
  assert.equal(full.asks.length, 0);
  await using locked = await serve(() => jsonResponse({ error: "Unauthorized" }, 401));
  assert.equal((await locked.teacher.ask(askFor())).fault?.kind, "unauthorized");
  assert.equal(locked.asks.length, 0);
});

test("a probe that goes wrong in another way holds up nothing, and nothing is kept of it", async () => {
  await using served = await serve((request) =>
    String(request.headers["x-request-id"]).startsWith("probe/") ? jsonResponse({ error: "boom" }, 500) : GOOD,
  );
  assert.equal((await served.teacher.ask(askFor())).fault, null);
  assert.equal((await served.teacher.ask(askFor())).fault, null);
  assert.equal(served.probes.length, 1);
  assert.equal(served.kept, null);
  assert.ok(!("stream_interval" in fieldsOf(served.asks[0])));
});

test("a picture that is a file goes out as its address, and as base64 once the server failed to read it", async () => {
  let readable = true;
  await using served = await serve((_request, body) => {
    const text = JSON.stringify(body);
    const isGone = text.includes("not-there") || (!readable && text.includes("file://"));
    return isGone ? jsonResponse({ error: { message: "[Errno 2] No such file or directory: 'x'" } }, 500) : GOOD;
  });
  const ask = { ...askFor(), picture: { ...askFor().picture, file: "/pictures/a.jpg" } };
  assert.equal((await served.teacher.ask(ask)).fault, null);
  assert.match(served.asks[0]?.body.toString() ?? "", /"file:\/\/\/pictures\/a\.jpg"/);
  assert.equal(served.kept?.readsFiles, true);
  readable = false;
  const unread = await served.teacher.ask(ask);
  assert.deepEqual([unread.fault?.kind, unread.goesOtherwise], ["rejected-by-server", true]);
  assert.equal((await served.teacher.ask(ask)).fault, null);
  assert.match(served.asks[2]?.body.toString() ?? "", /data:image\/jpeg;base64,/);
});

test("closing a teacher ends its probe", async () => {
  await using served = await serve(() => ({
    status: 200,
    headers: { "content-type": "text/event-stream" },
    end: "hang",
  }));
  const running = served.teacher.ask(askFor());
  while (served.probes.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  await served.teacher.close();
  assert.equal((await running).fault?.kind, "interrupted");
});
