import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Behaviour,
  chatEvents,
  chatStream,
  cutEvery,
  foldClock,
  jsonResponse,
  type SeenRequest,
  startScriptedModel,
} from "../../testing/index.js";
import { eachPicture, firstOnly } from "./each-picture.js";
import { assertAllAnswered, inOneStart } from "./one-start.js";
import { faultKinds, IMAGES } from "./run-folder.js";

const GOOD = chatStream(["<think>Stripes.</think>", "<answer>A cat.</answer>"]);
const JSON_TYPE = { "content-type": "application/json" };
const STREAM_TYPE = { "content-type": "text/event-stream" };

const streams = inOneStart();

const reset: Behaviour = {
  ...chatStream(["<think>half", " a thought"], { finishReason: null, done: false }),
  end: "reset",
};
const t7 = streams.teacher("t7", await startScriptedModel(firstOnly(reset, GOOD)));

test("T7: a reset in the middle keeps the partial text as evidence, never as a reply", async () => {
  const ran = await t7();
  assertAllAnswered(ran);
  const broken = ran.ended.filter(({ fault }) => fault !== null);
  assert.deepEqual(
    broken.map(({ fault, reply }) => [fault?.kind, reply?.content]),
    [["broken-stream", "<think>half a thought"]],
  );
  assert.ok(ran.pairs.every(({ thinking }) => thinking === "Stripes."));
});

const unfinished = chatStream(["<think>x</think>half"], { finishReason: null });
const t8 = streams.teacher("t8", await startScriptedModel(firstOnly(unfinished, GOOD)));

test("T8: a stream that ends cleanly without a finish reason is asked again", async () => {
  const ran = await t8();
  assertAllAnswered(ran);
  assert.deepEqual(faultKinds(ran), ["incomplete"]);
});

const noReplies = eachPicture([
  { status: 200, headers: { "content-type": "text/html" }, steps: ["<html>hello</html>"] },
  { status: 200, headers: JSON_TYPE },
  { status: 200, headers: JSON_TYPE, steps: ['{"choices":[{"mess'] },
  { status: 200, headers: { "content-type": "image/png" }, steps: ["x"] },
]);
const t9 = streams.teacher("t9", await startScriptedModel(noReplies.script));

test("T9: HTML, an empty body, half a JSON and a wrong type are no replies, and final after their tries", async () => {
  const ran = await t9();
  assert.equal(ran.exitCode, 0, ran.said);
  assert.equal(ran.status.failed, IMAGES);
  assert.ok(ran.pairs.every(({ reason, attempts }) => reason === "bad-reply" && attempts === 3));
  const words = (number: number) =>
    ran.ended.find(({ image }) => image === noReplies.picture(number))?.fault?.message ?? "";
  assert.match(words(0), /text\/html instead of a chat completion/);
  assert.match(words(1), /empty body/);
  assert.match(words(3), /image\/png instead/);
});

const [role = ""] = chatEvents(["<think>x"]);
const errorEvent = `data: ${JSON.stringify({ error: { message: "EngineCore encountered an issue", code: 500 } })}\n\n`;
const inside: Behaviour = { status: 200, headers: STREAM_TYPE, steps: [role, errorEvent, "data: [DONE]\n\n"] };
const t10 = streams.teacher("t10", await startScriptedModel(firstOnly(inside, GOOD)));

test("T10: an error object inside a 200 stream is an error", async () => {
  const ran = await t10();
  assertAllAnswered(ran);
  assert.deepEqual(faultKinds(ran), ["server-error"]);
});

const LONG = "图🐟é".repeat(60_000);
const pieces = ["<think>très 🐟", " naïve</think>", "<answer>图片</answer>"];
const events = chatEvents(pieces).join("");
const split = eachPicture([
  {
    status: 200,
    headers: STREAM_TYPE,
    steps: cutEvery(`: hello\r\n\r\n: again\r\n${events.replaceAll("\n", "\r\n")}`, 3),
  },
  { status: 200, headers: STREAM_TYPE, steps: cutEvery(events, 1) },
  { status: 200, headers: STREAM_TYPE, steps: [`\ufeffevent: message\nid: 7\nretry: 10\n${events}`] },
  { status: 200, headers: STREAM_TYPE, steps: cutEvery(chatEvents([`<think>${LONG}</think>x`]).join(""), 65_537) },
]);
const t11 = streams.teacher("t11", await startScriptedModel(split.script));

test("T11: split events and characters, CRLF, comments, other fields and one very long line give the text of the uncut stream", async () => {
  const ran = await t11();
  assertAllAnswered(ran);
  const textOf = (number: number) =>
    ran.ended.find(({ image }) => image === split.picture(number))?.reply?.content ?? "";
  for (const number of [0, 1, 2]) assert.equal(textOf(number), pieces.join(""));
  assert.equal(textOf(3), `<think>${LONG}</think>x`);
});

const idOf = ({ headers }: SeenRequest) => String(headers["x-request-id"]);
const sayPicture = (id: string) => {
  const image = id.split("/")[0] ?? "";
  return chatStream([`<think>${image}</think>`, `<answer>${image}</answer>`], { id: `chatcmpl-${id}` });
};
let turn = 0;
const t12 = streams.teacher(
  "t12",
  await startScriptedModel(async (_image, _nth, request) => {
    turn += 1;
    await pause(200 - 40 * Math.min(4, turn));
    return sayPicture(idOf(request));
  }),
);
const ids: string[] = [];
const t12Mixed = streams.teacher(
  "t12-mixed",
  await startScriptedModel((_image, _nth, request) => {
    ids.push(idOf(request));
    // A gateway that mixes up its answers, once.
    return sayPicture((ids.length === 2 ? ids[0] : ids.at(-1)) ?? "");
  }),
  { concurrency: 1 },
);

test("T12: replies in another order land on their own pictures, and one to another request is rejected", async () => {
  const ran = await t12();
  assertAllAnswered(ran);
  const mixed = await t12Mixed();
  assertAllAnswered(mixed);
  for (const { image, answer } of [...ran.pairs, ...mixed.pairs]) assert.equal(answer, image);
  assert.deepEqual(faultKinds(ran), []);
  assert.deepEqual(faultKinds(mixed), ["bad-reply"]);
  assert.match(mixed.ended.find(({ fault }) => fault !== null)?.fault?.message ?? "", /to another request/);
});

let original: "waits" | "was sent" | null = null;
const t13 = streams.teacher(
  "t13",
  await startScriptedModel(async () => {
    if (original !== null) return GOOD;
    original = "waits";
    await pause(600);
    original = "was sent";
    return chatStream(["<think>late</think>", "<answer>late</answer>"]);
  }),
  { concurrency: 1, timeouts: { firstByteMs: 300 } },
);

test("T13: after a timeout the original is given up; what it says later reaches no record and no total", async () => {
  const ran = await t13();
  assertAllAnswered(ran);
  assert.equal(original, "was sent");
  assert.deepEqual(faultKinds(ran), ["timed-out"]);
  assert.ok(ran.ended.every(({ reply }) => reply === null || !reply.content?.includes("late")));
  assert.equal(ran.status.completionTokens, 3 * IMAGES);
});

/** Minutes as the program's own clock counts them. */
const FOLD = 100;
const seconds = (count: number) => ({ waitMs: (count * 1_000) / FOLD });
const slow = inOneStart({
  preload: foldClock(FOLD),
  // Knocking at silent servers is another test's, and a look may take longer here than on the folded clock.
  times: { silentMs: 1e9, neverAnsweredMs: 1e9 },
  recipe: { sample: { size: 1, seed: 1 } },
});
const whole = {
  id: "c",
  model: "m",
  choices: [{ index: 0, message: { content: "<think>a</think><answer>b</answer>" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 7, completion_tokens: 3 },
};
const t5 = slow.teacher(
  "t5",
  await startScriptedModel(async () => {
    await pause(seconds(330).waitMs);
    return jsonResponse(whole);
  }),
);

test("T5: headers that come after five and a half minutes are inside the limits, whatever the HTTP library thinks", async () => {
  const ran = await t5();
  assertAllAnswered(ran, 1);
  assert.deepEqual(faultKinds(ran), []);
  const [{ askedAt = "", endedAt = "" } = {}] = ran.ended;
  assert.ok(Date.parse(endedAt) - Date.parse(askedAt) > 301_000, `${askedAt} to ${endedAt}`);
});

const [head = "", ...rest] = chatEvents(["<think>x", "</think>", "<answer>y</answer>"]);
const t6 = slow.teacher(
  "t6",
  await startScriptedModel(() => ({ status: 200, headers: STREAM_TYPE, steps: [head, seconds(330), ...rest] })),
  { timeouts: { idleMs: 600_000 } },
);
const hang: Behaviour = { status: 200, headers: STREAM_TYPE, steps: [head], end: "hang" };
const t6Limit = slow.teacher("t6-limit", await startScriptedModel(firstOnly(hang, GOOD)), {
  timeouts: { idleMs: 200_000 },
});

test("T6: a stream that is silent in the middle of its thinking is governed by the recipe's own limit alone", async () => {
  const ran = await t6();
  assertAllAnswered(ran, 1);
  assert.deepEqual(faultKinds(ran), []);
  const limited = await t6Limit();
  assertAllAnswered(limited, 1);
  assert.deepEqual(faultKinds(limited), ["timed-out"]);
  assert.match(limited.ended[0]?.fault?.message ?? "", /200000 ms \(timeouts\.idleMs\)/);
});
