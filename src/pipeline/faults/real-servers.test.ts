import assert from "node:assert/strict";
import { test } from "node:test";
import { type Behaviour, chatStream, type SeenRequest, startScriptedModel } from "../../testing/index.js";
import { firstOnly } from "./each-picture.js";
import { assertAllAnswered, inOneStart } from "./one-start.js";
import { recording } from "./recording.js";
import { faultKinds, IMAGES } from "./run-folder.js";

/** What real servers were seen to do, each from its recording, in one start. */
const start = inOneStart({
  times: { pollMs: 25, retryPauseMs: 5, silentMs: 300 },
});

const GOOD = chatStream(["<think>Stripes.</think>", "<answer>A cat.</answer>"]);
const noTries = (ended: { readonly countsAsTry: boolean }) => !ended.countsAsTry;

const engineDied = start.teacher(
  "engine-died",
  await startScriptedModel(firstOnly(recording("vllm-kill-engine-killed"), GOOD)),
);

test("an engine that dies in the middle of a stream sends an error event and then [DONE]: asked again", async () => {
  const ran = await engineDied();
  assertAllAnswered(ran);
  assert.deepEqual(faultKinds(ran), ["server-error"]);
  const cut = ran.ended.find(({ fault }) => fault !== null);
  assert.match(cut?.fault?.message ?? "", /EngineCore encountered an issue/);
  assert.notEqual(cut?.reply, null, "the text that came before stays as evidence");
});

const engineDiedWhole = start.teacher(
  "engine-died-whole",
  await startScriptedModel(firstOnly(recording("vllm-kill-engine-killed-nonstream"), GOOD)),
);

test("an engine that dies before it streams answers 500: asked again, and no try is lost", async () => {
  const ran = await engineDiedWhole();
  assertAllAnswered(ran);
  assert.deepEqual(faultKinds(ran), ["server-error"]);
  assert.ok(ran.ended.every(noTries));
});

const aborted = start.teacher(
  "aborted",
  await startScriptedModel(firstOnly(recording("vllm-kill-sigterm-default"), GOOD)),
);

test("SIGTERM ends a request as 200 with abort: asked again, never a row", async () => {
  const ran = await aborted();
  assertAllAnswered(ran);
  assert.deepEqual(faultKinds(ran), ["incomplete"]);
  assert.equal(ran.ended.find(({ fault }) => fault !== null)?.reply?.finishReason, "abort");
});

/** One server that dies as it answers its first requests, and one that answers once it has. */
async function startDying(name: string, answer: () => Behaviour) {
  const dying = await startScriptedModel(() => {
    dying.health = { end: "reset" };
    dying.probe = { end: "reset" };
    return answer();
  });
  const other = await startScriptedModel(async () => {
    await other.holdWhile(() => dying.chats.length === 0);
    return GOOD;
  });
  return { dying, run: start.teacher(name, [dying, other], { concurrency: 2, tries: 1 }) };
}

const waiting = await startDying("waiting", () => recording("vllm-kill-sigterm-waiting"));

test("SIGTERM ends what waits in the queue as 200 with no text and no finish reason: the endpoint's doing, asked elsewhere", async () => {
  const ran = await waiting.run();
  assertAllAnswered(ran);
  const left = ran.ended.filter(({ endpoint }) => endpoint === waiting.dying.url);
  assert.ok(left.length > 0);
  for (const { fault } of left) assert.equal(fault?.kind, "endpoint-gone");
  assert.ok(ran.ended.every(noTries));
});

// From its SIGTERM on nothing listens, while the sockets of open requests stay open.
const hanging = await startDying("hanging", () => ({ ...recording("vllm-kill-sigterm-hang"), end: "hang" }));

test("SIGTERM leaves requests hanging without a byte: its /health refuses, and what it had is asked elsewhere", async () => {
  const ran = await hanging.run();
  assertAllAnswered(ran);
  const left = ran.ended.filter(({ endpoint }) => endpoint === hanging.dying.url);
  assert.ok(left.length > 0);
  for (const { fault } of left) assert.match(fault?.message ?? "", /fell silent, and its \/health refuses/);
  assert.ok(ran.ended.every(noTries));
});

const draining = start.teacher(
  "draining",
  await startScriptedModel(firstOnly(recording("vllm-drain-new-request"), GOOD)),
);

test("a draining server is healthy and answers 500: the cell waits and loses no try", async () => {
  const ran = await draining();
  assertAllAnswered(ran);
  assert.deepEqual(faultKinds(ran), ["server-error"]);
  assert.ok(ran.ended.every(noTries));
});

const comments = recording("vllm-sse-keepalive-comments");
const events = (comments.steps ?? []).filter((step) => !String(step).startsWith(":"));
const queued = start.teacher(
  "queued",
  // Longer than a stream may be silent in its middle: the first byte has a limit of its own.
  await startScriptedModel(() => ({ ...comments, steps: [{ waitMs: 1_200 }, ...events] })),
  { timeouts: { idleMs: 1_000 } },
);
const queuedWithComments = start.teacher("queued-comments", await startScriptedModel(() => comments));

test("a queued request is 200 headers and silence, or comments: it is waited for", async () => {
  for (const ran of [await queued(), await queuedWithComments()]) {
    assert.equal(ran.exitCode, 0, ran.said);
    assert.deepEqual(faultKinds(ran), []);
    assert.equal(ran.status.truncated, IMAGES);
    assert.ok(ran.ended.every(({ reply }) => reply?.reasoning === "The image shows a"));
  }
});

const full = start.teacher("full", await startScriptedModel(firstOnly(recording("vllm-full-503"), GOOD)));

test("a server whose queue is capped answers 503: the cell waits and loses no try", async () => {
  const ran = await full();
  assertAllAnswered(ran);
  assert.deepEqual(faultKinds(ran), ["busy"]);
  assert.ok(ran.ended.every(noTries));
});

const refusal = [recording("vllm-full-stream"), recording("vllm-full-stream-again")];
const TWICE_REFUSED = [...refusal, ...refusal];
const asked = new Map<string, number>();
const lost = start.teacher(
  "lost",
  await startScriptedModel((image) => {
    const nth = asked.get(image) ?? 0;
    asked.set(image, nth + 1);
    return TWICE_REFUSED[nth] ?? GOOD;
  }),
  { tries: 1 },
);

test("a picture that a full queue refused is lost to the engine once more: asked again, and no try is lost", async () => {
  const ran = await lost();
  assertAllAnswered(ran);
  assert.deepEqual(faultKinds(ran).toSorted(), [
    ...Array(2 * IMAGES).fill("busy"),
    ...Array(2 * IMAGES).fill("server-error"),
  ]);
  assert.ok(ran.ended.every(noTries));
});

const unreachable = ["vllm-error-url-refused", "vllm-error-url-dns", "vllm-file-missing", "vllm-error-url-404"];
const pictures: string[] = [];
const userFault = start.teacher(
  "user-fault",
  await startScriptedModel((image) => {
    if (!pictures.includes(image)) pictures.push(image);
    return recording(unreachable[pictures.indexOf(image)] ?? "vllm-error-url-404");
  }),
);

test("a 500 or 422 for a picture's address is the cell's own fault: its tries, and no rest for the server", async () => {
  const ran = await userFault();
  assert.equal(ran.exitCode, 0, ran.said);
  assert.equal(ran.status.failed, IMAGES);
  assert.ok(ran.pairs.every(({ reason, attempts }) => reason === "rejected-by-server" && attempts === 3));
  assert.deepEqual(new Set(ran.ended.map(({ status }) => status)), new Set([422, 500]));
});

const parsed = start.teacher("parsed", await startScriptedModel(() => recording("vllm-parser-plain")));

test("a parser on the server that puts all into reasoning gives unparsed cells, named for what they are", async () => {
  const ran = await parsed();
  assert.equal(ran.exitCode, 0, ran.said);
  assert.equal(ran.status.unparsed, IMAGES);
  assert.ok(ran.pairs.every(({ reason, thinking }) => reason === "answer-missing" && thinking !== null));
  assert.ok(ran.ended.every(({ reply }) => reply?.content === null));
});

const bodyOf = ({ body }: SeenRequest) => JSON.parse(body.toString()) as Record<string, unknown>;
const remembering = start.teacher(
  "uuid",
  await startScriptedModel((_image, _nth, request) =>
    recording(request.body.includes('"uuid"') ? "vllm-uuid-c-changed" : "vllm-uuid-b-own"),
  ),
);

test("a server answers from the picture it first saw under a uuid: none is ever sent, so each is answered from its own", async () => {
  const ran = await remembering();
  assert.equal(ran.exitCode, 0, ran.said);
  assert.equal(ran.status.truncated, IMAGES);
  assert.ok(ran.ended.every(({ reply }) => reply?.promptTokens === 335));
});

const transformers = await startScriptedModel((_image, _nth, request) => strict(request));
transformers.models = null;
transformers.probe = strict;
function strict(request: SeenRequest) {
  const extra = "skip_special_tokens" in bodyOf(request);
  return recording(extra ? "transformers-error-unexpected-field" : "transformers-chat-full-stream");
}
const stripping = start.teacher("transformers", transformers, { model: "<model dir>", tries: 1 });

test("transformers serve refuses vLLM's fields and sends no [DONE]: asked without them, and what that loses is said", async () => {
  const ran = await stripping();
  assert.equal(ran.exitCode, 0, ran.said);
  assert.equal(ran.status.unparsed, IMAGES);
  assert.ok(ran.pairs.every(({ reason, answer }) => reason === "no-thinking" && answer?.startsWith("So, let's look")));
  assert.match(ran.said, /refuses skip_special_tokens and is asked without; `doctor` says what is lost/);
  assert.ok(faultKinds(ran).every((kind) => kind === "rejected-by-server"));
  assert.ok(ran.ended.every(noTries), "what was ours to leave out uses up no try");
});
