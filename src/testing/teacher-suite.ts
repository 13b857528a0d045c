import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Ask, Teacher, Timeouts } from "../records/index.js";
import { chatStream, jsonResponse } from "./chat-stream.js";
import { type Behaviour, type SeenRequest, startScriptedServer } from "./scripted-server.js";

export interface TeacherMakeOptions {
  /** Base URL of the scripted server, ending in `/v1`. */
  readonly endpoint: string;
  readonly model: string;
  readonly timeouts: Timeouts;
  readonly apiKey: string | null;
}

/** Limits that fail a test soon instead of holding it up. */
export const SHORT_TIMEOUTS: Timeouts = { connectMs: 2_000, firstByteMs: 2_000, idleMs: 2_000, totalMs: 4_000 };

/** A request for a picture of four bytes. */
export function askFor(bytes: Buffer = Buffer.from([0xff, 0xd8, 0xff, 0xd9]), requestId = "p-1/m/a-1/0badcafe"): Ask {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { picture: { base64: Buffer.from(bytes.toString("base64")), mime: "image/jpeg", sha256 }, requestId };
}

/** What every teacher must do, whatever wire it speaks to its server in the end. */
export function teacherSuite(name: string, make: (options: TeacherMakeOptions) => Teacher): void {
  async function withTeacher(
    script: (request: SeenRequest, index: number) => Behaviour,
    run: (teacher: Teacher, seen: readonly SeenRequest[]) => Promise<void>,
    options: Partial<TeacherMakeOptions> = {},
  ): Promise<void> {
    const server = await startScriptedServer(script);
    const teacher = make({
      endpoint: `${server.url}/v1`,
      model: "m",
      timeouts: SHORT_TIMEOUTS,
      apiKey: null,
      ...options,
    });
    try {
      await run(teacher, server.seen);
    } finally {
      await teacher.close();
      await server.close();
    }
  }

  test(`${name}: a whole reply comes back as it was sent, with its counts and times`, async () => {
    await withTeacher(
      () => chatStream(["<think>Stripes", " — 縞</think>", "A cat. "]),
      async (teacher) => {
        const answer = await teacher.ask(askFor());
        assert.equal(answer.fault, null);
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.reply, {
          content: "<think>Stripes — 縞</think>A cat. ",
          reasoning: null,
          reasoningField: null,
          finishReason: "stop",
          promptTokens: 7,
          completionTokens: 3,
          model: "m",
          id: "chatcmpl-1",
        });
        assert.ok(answer.firstTokenAt !== null && answer.firstTokenAt <= answer.endedAt);
      },
    );
  });

  test(`${name}: the request carries its id and the picture byte for byte, and nothing is compressed`, async () => {
    const picture = Buffer.from(Array.from({ length: 1000 }, (_, at) => (at * 31) % 256));
    await withTeacher(
      () => chatStream(["x"]),
      async (teacher, seen) => {
        await teacher.ask(askFor(picture, "n02123045_1/m/k3-17/0badcafe"));
        const [request] = seen;
        assert.ok(request);
        assert.equal(request.headers["x-request-id"], "n02123045_1/m/k3-17/0badcafe");
        assert.notEqual(request.headers["accept-encoding"], "gzip");
        const [, base64 = ""] = /"data:image\/jpeg;base64,([^"]*)"/.exec(request.body.toString()) ?? [];
        assert.ok(Buffer.from(base64, "base64").equals(picture));
      },
    );
  });

  test(`${name}: requests in flight at once do not mix`, async () => {
    await withTeacher(
      ({ headers }) => chatStream([String(headers["x-request-id"])]),
      async (teacher) => {
        const ids = Array.from({ length: 40 }, (_, at) => `p-${at}/m/a-${at}/0badcafe`);
        const answers = await Promise.all(ids.map((id) => teacher.ask(askFor(undefined, id))));
        assert.deepEqual(
          answers.map(({ reply }) => reply?.content),
          ids,
        );
      },
    );
  });

  test(`${name}: a server that misbehaves is a value, never an exception`, async () => {
    const faults: Behaviour[] = [
      { end: "reset" },
      { status: 500, steps: ["boom"] },
      { status: 200, headers: { "content-type": "text/html" }, steps: ["<html>hello</html>"] },
      { status: 200, headers: { "content-type": "application/json" }, steps: ['{"choices":[{"mess'] },
      { status: 200, headers: { "content-type": "text/event-stream" }, steps: ["data: {"], end: "reset" },
    ];
    await withTeacher(
      (_request, index) => faults[index] ?? { status: 500 },
      async (teacher) => {
        const kinds: (string | undefined)[] = [];
        for (const _ of faults) kinds.push((await teacher.ask(askFor())).fault?.kind);
        assert.deepEqual(kinds, ["broken-stream", "server-error", "bad-reply", "bad-reply", "broken-stream"]);
      },
    );
  });

  test(`${name}: a server that is not there is unreachable`, async () => {
    const server = await startScriptedServer(() => ({ status: 200 }));
    await server.close();
    const teacher = make({ endpoint: `${server.url}/v1`, model: "m", timeouts: SHORT_TIMEOUTS, apiKey: null });
    const answer = await teacher.ask(askFor());
    assert.equal(answer.fault?.kind, "unreachable");
    assert.equal(answer.status, null);
    assert.equal((await teacher.look()).reachable, false);
    assert.equal(await teacher.answersProbe(500), false);
    await teacher.close();
  });

  test(`${name}: a request that is stopped comes back as interrupted, before and while it runs`, async () => {
    await withTeacher(
      () => ({ status: 200, headers: { "content-type": "text/event-stream" }, end: "hang" }),
      async (teacher) => {
        const stop = new AbortController();
        const running = teacher.ask({ ...askFor(), signal: stop.signal });
        setTimeout(() => stop.abort(), 20);
        assert.equal((await running).fault?.kind, "interrupted");
        assert.equal((await teacher.ask({ ...askFor(), signal: stop.signal })).fault?.kind, "interrupted");
      },
    );
  });

  test(`${name}: closing a teacher ends what it has in flight`, async () => {
    await withTeacher(
      () => ({ status: 200, headers: { "content-type": "text/event-stream" }, end: "hang" }),
      async (teacher, seen) => {
        const running = teacher.ask(askFor());
        while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
        await teacher.close();
        assert.notEqual((await running).fault, null);
        assert.equal((await teacher.ask(askFor())).fault?.kind, "interrupted");
      },
    );
  });

  test(`${name}: the key is sent, and never shown in what comes back`, async () => {
    await withTeacher(
      ({ headers }) => jsonResponse({ error: `Bad key: ${headers.authorization}, that is s3cr3t-key` }, 401),
      async (teacher, seen) => {
        const answer = await teacher.ask(askFor());
        assert.equal(seen[0]?.headers.authorization, "Bearer s3cr3t-key");
        assert.equal(answer.fault?.kind, "unauthorized");
        assert.ok(!JSON.stringify([answer, await teacher.look()]).includes("s3cr3t"));
      },
      { apiKey: "s3cr3t-key" },
    );
  });

  test(`${name}: it knows its name and its server`, async () => {
    await withTeacher(
      () => jsonResponse({ object: "list", data: [{ id: "m" }] }),
      async (teacher) => {
        assert.match(teacher.endpoint, /^http:\/\/127\.0\.0\.1:\d+\/v1$/);
        assert.deepEqual(await teacher.look(), { reachable: true, models: ["m"], problem: null });
      },
    );
  });
}
