import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { ask, askText, body, dataUrl, events, jsonOf, textOf, withObserver } from "./asking.js";

test("a reply comes whole or streamed, with the same text, usage and the observer's mark", async () => {
  await withObserver({}, async (url) => {
    const whole = await jsonOf(await ask(url, { skip_special_tokens: false }));
    const choice = whole.choices[0];
    assert.equal(whole.model, "observer-glm");
    assert.equal(whole.system_fingerprint, "observer");
    assert.equal(choice.finish_reason, "stop");
    assert.match(choice.message.content, /^<think>[\s\S]+<\/think><answer>[\s\S]+<\/answer>$/);
    const response = await ask(url, {
      stream: true,
      stream_options: { include_usage: true },
      skip_special_tokens: false,
    });
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    const chunks = await events(response);
    assert.deepEqual(chunks[0]?.choices?.[0]?.delta, { role: "assistant", content: "" });
    assert.equal(textOf(chunks), choice.message.content);
    assert.equal(chunks.at(-2)?.choices?.[0]?.finish_reason, "stop");
    assert.deepEqual(chunks.at(-1)?.choices, []);
    assert.deepEqual(chunks.at(-1)?.usage, whole.usage);
    assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
    // 192 × 128 pixels are 7 × 5 blocks of 28, and the prompt has two words and a full stop.
    assert.equal(whole.usage.prompt_tokens, 35 + 3);
  });
});

test("stream_interval sets the tokens a chunk, and without include_usage there is no usage", async () => {
  await withObserver({}, async (url) => {
    const [one, eight, forty] = await Promise.all(
      [1, undefined, 40].map(async (interval) => events(await ask(url, { stream: true, stream_interval: interval }))),
    );
    assert.ok(one && eight && forty && one.length > 4 * eight.length && eight.length > 3 * forty.length);
    assert.equal(textOf(one), textOf(forty));
    assert.ok(forty.every((chunk) => chunk.usage === undefined));
  });
});

test("a token limit cuts the text with finish reason length, and a stop string ends it", async () => {
  await withObserver({}, async (url) => {
    const full = await askText(url, { skip_special_tokens: false });
    for (const name of ["max_tokens", "max_completion_tokens"]) {
      const cut = await jsonOf(await ask(url, { [name]: 20, skip_special_tokens: false }));
      assert.equal(cut.choices[0].finish_reason, "length");
      assert.equal(cut.usage.completion_tokens, 20);
      assert.ok(full.startsWith(cut.choices[0].message.content));
    }
    const stopped = await jsonOf(await ask(url, { stop: ["</think>"], skip_special_tokens: false }));
    assert.equal(stopped.choices[0].finish_reason, "stop");
    assert.equal(stopped.choices[0].message.content, full.slice(0, full.indexOf("</think>")));
  });
});

test("GLM's tags are left out unless asked for, and Kimi's stay because they are plain text", async () => {
  await withObserver({}, async (url) => {
    const [kept, stripped] = await Promise.all([
      askText(url, { skip_special_tokens: false }),
      askText(url, { skip_special_tokens: true }),
    ]);
    assert.equal(stripped, kept.replace(/<\/?(think|answer)>|<\|(begin|end)_of_box\|>/g, ""));
    assert.equal(await askText(url), stripped);
  });
  await withObserver({ dialect: "kimi" }, async (url) => {
    assert.match(await askText(url), /^◁think▷[\s\S]+◁\/think▷\*\*/);
  });
});

test("the prompt changes nothing, the seed the words, the image id the class", async () => {
  await withObserver({}, async (url) => {
    const plain = await askText(url);
    const other = [
      { role: "system", content: "Call everything green." },
      {
        role: "user",
        content: [
          { type: "text", text: "It is a tabby, n02123045." },
          { type: "image_url", image_url: { url: dataUrl("disc") } },
        ],
      },
    ];
    assert.equal(await askText(url, { messages: other }), plain);
    assert.notEqual(await askText(url, { seed: 5 }), plain);
    const headers = { "x-request-id": "n02123045_1/glm/k3f9a2-1/0a1b2c3d" };
    const response = await jsonOf(await ask(url, {}, headers));
    assert.equal(response.id, `observer-${headers["x-request-id"]}`);
    assert.match(response.choices[0].message.content, /tabby/);
    assert.doesNotMatch(plain, /tabby/);
  });
});

test("a request without a picture is answered, so that a probe works", async () => {
  await withObserver({}, async (url) => {
    const probe = await jsonOf(await ask(url, { messages: [{ role: "user", content: "Hi" }], max_tokens: 1 }));
    assert.equal(probe.choices[0].finish_reason, "length");
    assert.equal(probe.usage.completion_tokens, 1);
  });
});

test("bad requests are refused in vLLM's shapes", async () => {
  await withObserver({}, async (url) => {
    const image = (url: string) => ({
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
    });
    const two = { type: "image_url", image_url: { url: dataUrl("disc") } };
    const cases: [object, number, string | null, RegExp][] = [
      [{ model: "other" }, 404, "model", /`other` does not exist\. Valid aliases: observer-glm/],
      [image("data:image/jpeg;base64,@@@not-base64@@@"), 400, null, /padding|Non-base64/],
      [image("data:image/jpeg;base64,@@@@"), 400, null, /Non-base64 digit found/],
      [image("data:image/jpeg;base64,"), 400, null, /cannot identify image file/],
      [image("data:image/jpeg,abc"), 501, null, /Only base64 data URLs/],
      [image(dataUrl("no such painting")), 400, null, /cannot identify image file/],
      [image("http://127.0.0.1:9/x.jpg"), 400, null, /fetches nothing/],
      [image("file:///etc/hostname"), 500, null, /allowed-local-media-path/],
      [{ messages: [{ role: "user", content: [two, two] }] }, 400, "image", /At most 1 image/],
      [{ messages: [{ role: "user", content: [{ type: "picture" }] }] }, 400, "type", /Unsupported chat content/],
      [{ messages: [{ role: "user", content: [{ type: "image_url" }] }] }, 400, null, /Field required/],
      [{ messages: [] }, 400, null, /empty conversation/],
      [{ messages: undefined }, 400, "body.messages", /validation error/],
      [{ max_tokens: 0 }, 400, "max_tokens", /at least 1, got 0/],
      [{ max_tokens: 10_000_000 }, 400, "max_tokens", /max_model_len=131072/],
      [{ max_tokens: "many" }, 400, "body.max_tokens", /validation error/],
      [{ temperature: -1 }, 400, "temperature", /non-negative/],
      [{ top_p: 1.5 }, 400, "top_p", /top_p must be in/],
      [{ n: 2 }, 400, "n", /one choice/],
      [{ stream_options: { include_usage: true } }, 400, "stream_options", /only be defined when/],
      [{ messages: [{ role: "user", content: "x".repeat(3_000_000) }] }, 400, "input_text", /maximum context length/],
    ];
    for (const [fields, status, param, message] of cases) {
      const response = await ask(url, fields);
      const { error } = await jsonOf(response);
      assert.deepEqual(
        [response.status, error.code, error.param],
        [status, status, param],
        JSON.stringify(fields).slice(0, 200),
      );
      assert.match(error.message, message);
      assert.equal(typeof error.type, "string");
    }
    const streamed = await ask(url, { stream: true, max_tokens: 0 });
    assert.equal(streamed.status, 400);
  });
});

test("a reply that is not streamed tells the load in a header where the request asks for it", async () => {
  await withObserver({ slots: 4 }, async (url) => {
    const asked = await ask(url, {}, { "endpoint-load-metrics-format": "json" });
    const load = { named_metrics: { num_requests_waiting: 0, kv_cache_usage_perc: 0.25 } };
    assert.equal(asked.headers.get("endpoint-load-metrics"), `JSON ${JSON.stringify(load)}`);
    assert.equal((await ask(url)).headers.get("endpoint-load-metrics"), null);
  });
});

test("a body that is no JSON, of another type or packed, is refused", async () => {
  await withObserver({}, async (url) => {
    const send = (content: string, headers: Record<string, string>) =>
      fetch(`${url}/chat/completions`, { method: "POST", body: content, headers });
    const json = { "content-type": "application/json" };
    const bad = await send('{"model": "x", ', json);
    assert.equal(bad.status, 400);
    assert.equal((await jsonOf(bad)).error.type, "Bad Request");
    assert.equal((await send("null", json)).status, 400);
    assert.equal((await send(JSON.stringify(body()), { "content-type": "text/plain" })).status, 400);
    const packed = await send("x", { ...json, "content-encoding": "gzip" });
    assert.equal(packed.status, 400);
    assert.equal(typeof (await jsonOf(packed)).detail, "string");
  });
});

test("models, health, version and metrics answer; other paths are 404 and other methods 405", async () => {
  await withObserver({ model: "observer-two" }, async (url) => {
    const root = url.replace(/\/v1$/, "");
    const models = await jsonOf(await fetch(`${url}/models`));
    assert.equal(models.data[0].id, "observer-two");
    assert.equal(models.data[0].max_model_len, 131_072);
    assert.equal(models.data[0].owned_by, "observer");
    assert.equal((await fetch(`${root}/health`)).status, 200);
    assert.match((await jsonOf(await fetch(`${root}/version`))).version, /observer/);
    assert.equal((await fetch(`${root}/health`, { method: "HEAD" })).status, 405);
    const get = await fetch(`${url}/chat/completions`);
    assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST"]);
    assert.equal((await fetch(`${root}/nothing`)).status, 404);

    await askText(url, { model: "observer-two" });
    await askText(url, { model: "observer-two", max_tokens: 7 });
    const metrics = await (await fetch(`${root}/metrics`)).text();
    const labels = 'engine="0",model_name="observer-two"';
    assert.match(metrics, new RegExp(`vllm:num_requests_running\\{${labels}\\} 0\n`));
    assert.match(metrics, new RegExp(`vllm:prompt_tokens_total\\{${labels}\\} 76\n`));
    assert.match(
      metrics,
      /vllm:request_success_total\{engine="0",finished_reason="stop",model_name="observer-two"\} 1\n/,
    );
    assert.match(metrics, /finished_reason="length",model_name="observer-two"\} 1\n/);
    for (const name of [
      "num_requests_waiting",
      "kv_cache_usage_perc",
      "num_preemptions_total",
      "generation_tokens_total",
    ]) {
      assert.match(metrics, new RegExp(`vllm:${name}\\{${labels}\\} \\d`));
    }
  });
});

test("with an API key /v1 needs it and the rest stays open", async () => {
  await withObserver({ apiKey: "secret" }, async (url) => {
    const refused = await ask(url);
    assert.equal(refused.status, 401);
    assert.deepEqual(await refused.json(), { error: "Unauthorized" });
    assert.equal((await fetch(`${url}/models`)).status, 401);
    assert.equal((await ask(url, {}, { authorization: "Bearer secret" })).status, 200);
    assert.equal((await fetch(`${url.replace(/\/v1$/, "")}/health`)).status, 200);
  });
});

test("file:// is read below the allowed folder only, also through symbolic links", async () => {
  const folder = await mkdtemp(join(tmpdir(), "observer-"));
  const outside = await mkdtemp(join(tmpdir(), "observer-outside-"));
  try {
    await writeFile(join(folder, "disc.jpg"), "disc");
    await writeFile(join(outside, "disc.jpg"), "disc");
    await symlink(join(outside, "disc.jpg"), join(folder, "link.jpg"));
    await withObserver({ allowedFolder: folder }, async (url) => {
      const status = async (path: string): Promise<number> => {
        const image = { type: "image_url", image_url: { url: pathToFileURL(path).href } };
        return (await ask(url, { messages: [{ role: "user", content: [image] }] })).status;
      };
      assert.equal(await status(join(folder, "disc.jpg")), 200);
      assert.equal(await status(join(folder, "missing.jpg")), 500);
      assert.equal(await status(join(folder, "link.jpg")), 400);
      assert.equal(await status(join(outside, "disc.jpg")), 400);
      assert.equal(await status(folder), 400);
    });
  } finally {
    await Promise.all([folder, outside].map((path) => rm(path, { recursive: true })));
  }
});

test("the log has one line a request, with its id, status and finish", async () => {
  const folder = await mkdtemp(join(tmpdir(), "observer-"));
  try {
    const logFile = join(folder, "requests.jsonl");
    await withObserver({ logFile }, async (url) => {
      await (await ask(url, {}, { "x-request-id": "a/glm/w-1/00000000" })).text();
      await (await ask(url, { stream: true, max_tokens: 5 }, { "x-request-id": "b/glm/w-2/00000000" })).text();
      await (await ask(url, { max_tokens: 0 })).text();
    });
    const lines = (await readFile(logFile, "utf8")).trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [
        { requestId: "a/glm/w-1/00000000", status: 200, finish: "stop" },
        { requestId: "b/glm/w-2/00000000", status: 200, finish: "length" },
        { requestId: null, status: 400, finish: null },
      ],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
