import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { UsageError, UserError } from "../records/index.js";
import { ask, askText, body, events, jsonOf, textOf, withObserver } from "./asking.js";
import { type ObserverOptions, settle } from "./observer-options.js";
import { startObserver } from "./server.js";

/** Reads a gauge until it has the wanted value. */
async function untilGauge(url: string, name: string, wanted: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${url.replace(/\/v1$/, "")}/metrics`)).text();
    if (text.includes(`vllm:${name}{engine="0",model_name="observer-glm"} ${wanted}\n`)) return;
    await turn();
  }
}

test("requests over the slots wait, and one over the queue is a 503 in vLLM's words", async () => {
  await withObserver({ slots: 1, maxQueue: 1, tokensPerSecond: 40 }, async (url) => {
    const leave = new AbortController();
    const slow = fetch(`${url}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...body(), stream: true }),
      signal: leave.signal,
    });
    await untilGauge(url, "num_requests_running", 1);
    const queued = ask(url, { stream: true, max_tokens: 2 });
    // The headers of a stream come at once, long before its slot.
    assert.equal((await queued).status, 200);
    await untilGauge(url, "num_requests_waiting", 1);
    await untilGauge(url, "kv_cache_usage_perc", 1);
    const refused = await ask(url);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get("retry-after"), null);
    assert.equal((await jsonOf(refused)).error.type, "Service Unavailable");
    leave.abort();
    await slow.catch(() => undefined);
    assert.equal((await events(await queued)).at(-1)?.choices?.[0]?.finish_reason, "length");
  });
});

test("a client that leaves frees its slot at once, running or waiting, and counts as no success", async () => {
  await withObserver({ slots: 1, latencyMs: 3_600_000 }, async (url) => {
    const leave = new AbortController();
    const both = [false, true].map((stream) =>
      fetch(`${url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...body(), stream }),
        signal: leave.signal,
      }).then((response) => response.text()),
    );
    await untilGauge(url, "num_requests_running", 1);
    await untilGauge(url, "num_requests_waiting", 1);
    leave.abort();
    await Promise.allSettled(both);
    await untilGauge(url, "num_requests_running", 0);
    await untilGauge(url, "num_requests_waiting", 0);
    const metrics = await (await fetch(`${url.replace(/\/v1$/, "")}/metrics`)).text();
    assert.doesNotMatch(metrics, /request_success_total\{[^}]*\} [1-9]/);
  });
});

test("a client that reads slowly still gets every event", async () => {
  await withObserver({}, async (url) => {
    const outgoing = request(`${url}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
    });
    outgoing.end(JSON.stringify({ ...body(), stream: true, stream_interval: 1, skip_special_tokens: false }));
    const [response] = await once(outgoing, "response");
    let text = "";
    for await (const chunk of response) {
      response.pause();
      text += chunk;
      for (let waited = 0; waited < 20; waited++) await turn();
      response.resume();
    }
    const whole = await askText(url, { skip_special_tokens: false });
    assert.equal(textOf(await events(new Response(text))), whole);
  });
});

test("tokens come at the pace that was asked for", async () => {
  await withObserver({ tokensPerSecond: 400, latencyMs: 10 }, async (url) => {
    for (const stream of [true, false]) {
      const start = performance.now();
      await (await ask(url, { stream, max_tokens: 40 })).text();
      const took = performance.now() - start;
      assert.ok(took >= 100, `${took} ms for 40 tokens at 400 a second after 5 ms or more`);
    }
  });
});

test("broken replies are broken as asked", async () => {
  const text = async (options: Partial<ObserverOptions>): Promise<string> => {
    let found = "";
    await withObserver(options, async (url) => {
      found = await askText(url, { skip_special_tokens: false });
    });
    return found;
  };
  assert.match(await text({ broken: "no-think" }), /^<answer>[\s\S]+<\/answer>$/);
  assert.match(await text({ broken: "unclosed" }), /^<think>[^<]+$/);
  assert.match(await text({ broken: "tags-stripped" }), /^[^<]+$/);
  assert.equal(await text({ broken: "empty" }), "");
  assert.match(await text({ broken: "unclosed", dialect: "kimi" }), /^◁think▷[^◁]+$/);
});

test("the share of broken replies holds, by picture and always the same ones", async () => {
  await withObserver({ broken: "empty", brokenShare: 0.25 }, async (url) => {
    const draw = () => Promise.all(Array.from({ length: 120 }, (_, at) => askText(url, { ...body(`flat ${at}`) })));
    const [one, again] = [await draw(), await draw()];
    const empty = one.filter((text) => text === "").length;
    assert.ok(empty > 15 && empty < 50, `${empty} of 120`);
    assert.deepEqual(one, again);
  });
});

test("faults are 500s of their share; asking again under another id can succeed, a probe never fails", async () => {
  await withObserver({ faultShare: 0.5 }, async (url) => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 40; attempt++) {
      const response = await ask(url, {}, { "x-request-id": `a/glm/w-${attempt}/00000000` });
      statuses.push(response.status);
      await response.text();
    }
    const failed = statuses.filter((status) => status === 500).length;
    assert.ok(failed > 8 && failed < 32, `${failed} of 40`);
    assert.deepEqual(new Set(statuses), new Set([200, 500]));
    assert.equal((await ask(url, { messages: [{ role: "user", content: "Hi" }] })).status, 200);
  });
});

test("options that cannot be meant are refused by name, and a port in use by its number", async () => {
  const base = { decode: () => Promise.reject(new Error()), describe: () => null, dialect: "glm" };
  for (const [options, name] of [
    [{ dialect: "auto" }, /dialect/],
    [{ voice: "loud" }, /voice/],
    [{ broken: "badly" }, /broken/],
    [{ brokenShare: 0.5 }, /brokenShare/],
    [{ faultShare: 2 }, /faultShare/],
    [{ slots: 0 }, /slots/],
    [{ port: 70_000 }, /port/],
    [{ tokensPerSecond: Number.NaN }, /tokensPerSecond/],
  ] as const) {
    assert.throws(
      () => settle({ ...base, ...options }),
      (error) => error instanceof UsageError && name.test(error.message),
    );
  }
  const observer = await startObserver(base);
  await assert.rejects(
    startObserver({ ...base, port: observer.port }),
    (error) => error instanceof UserError && error.message.includes(String(observer.port)),
  );
  await observer.close();
});
