import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type Timeouts, UserError } from "../records/index.js";
import {
  askFor,
  type Behaviour,
  chatEvents,
  chatStream,
  cutEvery,
  jsonResponse,
  SHORT_TIMEOUTS,
  startScriptedServer,
  teacherSuite,
} from "../testing/index.js";
import type { ChatTeacherOptions } from "./index.js";
import { openTeacher, withServer } from "./test-teacher.js";

teacherSuite("chat teacher", (options) => openTeacher(options.endpoint, options));

/** What one behaviour of a server makes of one request. */
async function askOnce(behaviour: Behaviour, options: Partial<ChatTeacherOptions> = {}) {
  const server = await startScriptedServer(() => behaviour);
  const teacher = openTeacher(`${server.url}/v1`, options);
  const answer = await teacher.ask(askFor());
  await teacher.close();
  await server.close();
  return answer;
}

const EVENT_STREAM = { "content-type": "text/event-stream" };
const limits = (some: Partial<Timeouts>): Partial<ChatTeacherOptions> => ({ timeouts: { ...SHORT_TIMEOUTS, ...some } });

test("the request is what the contract of the wire says", async () => {
  await withServer(
    () => chatStream(["x"]),
    async (teacher, { seen }) => {
      await teacher.ask(askFor());
      const [request] = seen;
      assert.ok(request);
      assert.equal(request.method, "POST");
      assert.equal(request.path, "/v1/chat/completions");
      assert.equal(request.headers["accept-encoding"], "identity");
      assert.equal(request.headers["content-length"], String(request.body.length));
      assert.equal(request.headers["transfer-encoding"], undefined);
      assert.equal(request.headers.authorization, undefined);
      assert.deepEqual(JSON.parse(request.body.toString()), {
        max_tokens: 64,
        temperature: 0.8,
        model: "m",
        stream: true,
        stream_options: { include_usage: true },
        messages: [
          {
            role: "user",
            content: [
              { type: "image_url", image_url: { url: "data:image/jpeg;base64,/9j/2Q==" } },
              { type: "text", text: "What is it?" },
            ],
          },
        ],
      });
    },
  );
});

test("a stream cut at any byte reads the same", async () => {
  const stream = chatEvents(["<think>猫 🐟", "ends</think>", "Ü"], { done: true }).join("");
  for (const size of [1, 3, 7, 50, 300]) {
    const { reply, fault } = await askOnce({ status: 200, headers: EVENT_STREAM, steps: cutEvery(stream, size) });
    assert.equal(fault, null);
    assert.equal(reply?.content, "<think>猫 🐟ends</think>Ü");
  }
});

test("a lone surrogate survives, and a pair split over two events joins", async () => {
  const event = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"},"finish_reason":null}]}\n\n`;
  const steps = [
    event("\\ud83d"),
    event("\\udc1f \\ud800!"),
    'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n',
  ];
  const { reply, fault } = await askOnce({ status: 200, headers: EVENT_STREAM, steps });
  assert.equal(fault, null);
  assert.equal(reply?.content, "🐟 \ud800!");
});

test("text in the finish chunk is kept, and so are both names of the reasoning field", async () => {
  for (const field of ["reasoning", "reasoning_content"]) {
    const chunk = (delta: object, finish_reason: string | null = null) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    const steps = [
      chunk({ [field]: "I " }),
      chunk({ [field]: "see" }),
      chunk({ content: "A " }),
      chunk({ content: "cat" }, "length"),
    ];
    const { reply, fault } = await askOnce({ status: 200, headers: EVENT_STREAM, steps });
    assert.equal(fault, null);
    assert.deepEqual(
      [reply?.reasoning, reply?.reasoningField, reply?.content, reply?.finishReason],
      ["I see", field, "A cat", "length"],
    );
  }
});

test("a server that sends both reasoning names with one text does not double it", async () => {
  const delta = { reasoning: "I see", reasoning_content: "I see", content: "A cat" };
  const steps = [`data: ${JSON.stringify({ choices: [{ delta, finish_reason: "stop" }] })}\n\n`];
  const { reply } = await askOnce({ status: 200, headers: EVENT_STREAM, steps });
  assert.equal(reply?.reasoning, "I see");
});

test("a whole JSON reply to a streamed request is read too", async () => {
  const message = { role: "assistant", content: null, reasoning: "I see." };
  const body = {
    id: "a",
    model: "m",
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage: { prompt_tokens: 5 },
  };
  const answer = await askOnce(jsonResponse(body));
  assert.equal(answer.fault, null);
  assert.equal(answer.firstTokenAt, null);
  assert.deepEqual(answer.reply, {
    content: null,
    reasoning: "I see.",
    reasoningField: "reasoning",
    finishReason: "stop",
    promptTokens: 5,
    completionTokens: null,
    model: "m",
    id: "a",
  });
});

test("without a finish reason nothing is whole, with or without [DONE]", async () => {
  for (const done of [true, false]) {
    const { reply, fault } = await askOnce(chatStream(["half a"], { finishReason: null, done }));
    assert.equal(fault?.kind, "incomplete");
    assert.equal(reply?.content, "half a");
  }
});

test("a stream that ends after its finish reason is whole, however it ends", async () => {
  const events = chatEvents(["A cat"], { done: false });
  for (const end of ["finish", "reset", "hang"] as const) {
    const { reply, fault } = await askOnce(
      { status: 200, headers: EVENT_STREAM, steps: events, end },
      limits({ idleMs: 200 }),
    );
    assert.equal(fault, null, end);
    assert.deepEqual([reply?.content, reply?.completionTokens], ["A cat", 3]);
  }
});

test("a connection cut in mid-stream is a broken stream with its text as evidence", async () => {
  const steps = chatEvents(["half ", "a"], { finishReason: null, usage: null, done: false });
  const { reply, fault, status } = await askOnce({
    status: 200,
    headers: EVENT_STREAM,
    steps: [...steps, { waitMs: 10 }],
    end: "reset",
  });
  assert.equal(fault?.kind, "broken-stream");
  assert.equal(status, 200);
  assert.equal(reply?.content, "half a");
});

test("abort and error break a reply off, an unknown finish reason is said to be unknown", async () => {
  assert.equal((await askOnce(chatStream(["x"], { finishReason: "abort" }))).fault?.kind, "incomplete");
  assert.equal((await askOnce(chatStream(["x"], { finishReason: "error" }))).fault?.kind, "incomplete");
  const odd = await askOnce(chatStream(["x"], { finishReason: "tool_calls" }));
  assert.equal(odd.fault?.kind, "unknown-finish-reason");
  assert.equal(odd.reply?.content, "x");
});

test("an error object inside a stream is an error, whatever came before or after", async () => {
  const steps = [
    ...chatEvents(["half"], { finishReason: null, usage: null, done: false }),
    'data: {"error":{"message":"boom","code":500}}\n\n',
    "data: [DONE]\n\n",
  ];
  const { reply, fault } = await askOnce({ status: 200, headers: EVENT_STREAM, steps });
  assert.equal(fault?.kind, "server-error");
  assert.match(fault?.message ?? "", /boom/);
  assert.equal(reply?.content, "half");
});

test("a 200 that is no reply is a bad reply, with what came as evidence", async () => {
  const json = { "content-type": "application/json" };
  const cases: [string, Behaviour][] = [
    ["HTML", { status: 200, headers: { "content-type": "text/html" }, steps: ["<html><title>Welcome</title></html>"] }],
    ["an empty stream", { status: 200, headers: EVENT_STREAM }],
    ["an empty document", { status: 200, headers: json }],
    ["an empty body without a type", { status: 200 }],
    ["truncated JSON", { status: 200, headers: json, steps: ['{"choices":[{"message":{"content":"ha'] }],
    ["JSON of something else", { status: 200, headers: json, steps: ['{"hello":"world"}'] }],
    ["a JSON list", { status: 200, headers: json, steps: ["[]"] }],
    ["the wrong type", { status: 200, headers: { "content-type": "text/plain" }, steps: chatEvents(["x"]) }],
    ["bad JSON in an event", { status: 200, headers: EVENT_STREAM, steps: ["data: {oops}\n\n", "data: [DONE]\n\n"] }],
    [
      "content of another type",
      { status: 200, headers: EVENT_STREAM, steps: ['data: {"choices":[{"delta":{"content":[1]}}]}\n\n'] },
    ],
    ["a compressed body", { status: 200, headers: { ...EVENT_STREAM, "content-encoding": "gzip" }, steps: ["\u001f"] }],
  ];
  for (const [what, behaviour] of cases) assert.equal((await askOnce(behaviour)).fault?.kind, "bad-reply", what);
  const html = await askOnce({ status: 200, headers: { "content-type": "text/html" }, steps: ["<html>hi</html>"] });
  assert.equal(html.fault?.body, "<html>hi</html>");
});

test("a body without a content type is read for what it is", async () => {
  assert.equal((await askOnce({ status: 200, steps: chatEvents(["A cat"]) })).reply?.content, "A cat");
  const whole = JSON.stringify({ choices: [{ message: { content: "A cat" }, finish_reason: "stop" }] });
  assert.equal((await askOnce({ status: 200, steps: [whole] })).reply?.content, "A cat");
});

test("another model in the reply is refused; no name, and a name with its revision, are not", async () => {
  const other = await askOnce(chatStream(["x"], { model: "impostor" }));
  assert.equal(other.fault?.kind, "wrong-model");
  assert.match(other.fault?.message ?? "", /"impostor" when "m"/);
  assert.equal((await askOnce(chatStream(["x"], { model: "m@main" }))).fault, null);
  assert.equal((await askOnce(chatStream(["x"], { model: "" }))).fault, null);
});

test("a name with a day behind it is the model that was asked, and the reply keeps it", async () => {
  const dated = await askOnce(chatStream(["x"], { model: "m-2026-01-01" }));
  assert.equal(dated.fault, null);
  assert.equal(dated.reply?.model, "m-2026-01-01");
  for (const model of ["m-2026-01", "m-mini-2026-01-01", "m-2026-01-01-preview", "m2026-01-01"]) {
    assert.equal((await askOnce(chatStream(["x"], { model }))).fault?.kind, "wrong-model", model);
  }
});

test("a reply that names another request of ours is refused; an id of the server's own making is not", async () => {
  const other = await askOnce(chatStream(["x"], { id: "chatcmpl-p-2/m/a-2/0badcafe" }));
  assert.equal(other.fault?.kind, "bad-reply");
  assert.match(other.fault?.message ?? "", /to another request \(chatcmpl-p-2\/m\/a-2\/0badcafe\)/);
  for (const id of ["chatcmpl-p-1/m/a-1/0badcafe", "chatcmpl-p-1/m/a-1/0badcafe-8f", "chatcmpl-8f/2", "a/b/c/d"]) {
    assert.equal((await askOnce(chatStream(["x"], { id }))).fault, null, id);
  }
});

test("each limit ends its own kind of silence, and the message says which", async () => {
  const silent: Behaviour = { status: 200, headers: EVENT_STREAM, end: "hang" };
  const chatty: Behaviour = { ...silent, steps: [": keep-alive\n\n", { waitMs: 30 }, ": keep-alive\n\n"] };
  const stuck: Behaviour = { ...silent, steps: chatEvents(["half"], { finishReason: null, usage: null, done: false }) };
  const slow: Behaviour = {
    ...silent,
    steps: Array.from({ length: 40 }, () => [
      ...chatEvents(["x"], { finishReason: null, usage: null, done: false }),
      { waitMs: 10 },
    ]).flat(),
  };
  const cases: [string, Behaviour, Partial<Timeouts>][] = [
    ["firstByteMs", { end: "hang" }, { firstByteMs: 50 }],
    ["firstByteMs", silent, { firstByteMs: 50 }],
    ["firstByteMs", chatty, { firstByteMs: 60, idleMs: 1_000 }],
    ["idleMs", stuck, { idleMs: 50 }],
    ["totalMs", slow, { totalMs: 100, idleMs: 1_000 }],
  ];
  for (const [limit, behaviour, some] of cases) {
    const { fault } = await askOnce(behaviour, limits(some));
    assert.equal(fault?.kind, "timed-out", limit);
    assert.match(fault?.message ?? "", new RegExp(`timeouts\\.${limit}`));
  }
  const { reply } = await askOnce(stuck, limits({ idleMs: 50 }));
  assert.equal(reply?.content, "half");
});

test("bytes that keep coming are no silence, however long they go on", async () => {
  const piece = chatEvents(["a"], { finishReason: null, usage: null, done: false });
  const steps = Array.from({ length: 10 }, () => [...piece, { waitMs: 40 }]).flat();
  const finish = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n';
  const behaviour = { status: 200, headers: EVENT_STREAM, steps: [...steps, finish] };
  const { reply, fault } = await askOnce(behaviour, limits({ idleMs: 300, firstByteMs: 300 }));
  assert.equal(fault, null);
  assert.equal(reply?.content, "a".repeat(10));
});

test("a reply that arrived while this process stood still is read, though its limit is over", async () => {
  const [first = "", ...rest] = chatEvents(["<think>Stripes.</think>", "A cat."]);
  const idleMs = 40;
  let goOn = () => {};
  const isReading = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const server = createServer(async (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(first);
    await isReading;
    response.end(rest.join(""));
    // The bytes are with the system now, and nobody reads them for longer than the limit.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * idleMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const teacher = openTeacher(`http://127.0.0.1:${port}/v1`, { timeouts: { ...SHORT_TIMEOUTS, idleMs } });
  try {
    const { fault, reply } = await teacher.ask({ ...askFor(), onOutput: () => goOn() });
    assert.equal(fault, null);
    assert.equal(reply?.content, "<think>Stripes.</think>A cat.");
  } finally {
    await teacher.close();
    server.close();
  }
});

test("a redirect is not followed, and the key goes nowhere else", async () => {
  const elsewhere = await startScriptedServer(() => chatStream(["x"]));
  for (const status of [301, 302, 307, 308]) {
    const { fault } = await askOnce(
      { status, headers: { location: `${elsewhere.url}/v1/chat/completions` } },
      { apiKey: "k3y" },
    );
    assert.equal(fault?.kind, "wrong-model");
    assert.match(fault?.message ?? "", /a redirect to http:.* which is not followed/);
  }
  assert.equal(elsewhere.seen.length, 0);
  await elsewhere.close();
});

test("one signal may stop hundreds of requests, and a stopped one tells no lies about the others", async () => {
  await withServer(
    () => ({ status: 200, headers: EVENT_STREAM, end: "hang" }),
    async (teacher, server) => {
      const stop = new AbortController();
      const answers = Array.from({ length: 100 }, () => teacher.ask({ ...askFor(), signal: stop.signal }));
      while (server.seen.length < 8) await new Promise((resolve) => setTimeout(resolve, 2));
      stop.abort();
      for (const answer of await Promise.all(answers)) assert.equal(answer.fault?.kind, "interrupted");
      assert.equal(server.seen.length, 8, "those that waited were never sent");
    },
    { connections: 8 },
  );
});

test("a key that no header can carry is refused in words that do not show it", () => {
  assert.throws(
    () => openTeacher("http://127.0.0.1:1/v1", { apiKey: "s3cr3t\n" }),
    (error) => error instanceof UserError && /line break/.test(error.message) && !error.message.includes("s3cr3t"),
  );
});

test("the probe is a one-token question without a picture", async () => {
  const whole = { choices: [{ message: { content: "Yes" }, finish_reason: "length" }], model: "m" };
  await withServer(
    () => jsonResponse(whole),
    async (teacher, { seen }) => {
      assert.equal(await teacher.answersProbe(1_000), true);
      const body = JSON.parse(seen[0]?.body.toString() ?? "");
      assert.equal(body.max_tokens, 1);
      assert.ok(!JSON.stringify(body).includes("image"));
    },
  );
  for (const behaviour of [{ end: "hang" }, { status: 500 }, { status: 200 }] satisfies Behaviour[]) {
    await withServer(
      () => behaviour,
      async (teacher) => assert.equal(await teacher.answersProbe(50), false),
    );
  }
});
