import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { chatStream, jsonResponse, startScriptedModel, startScriptedServer } from "../../testing/index.js";
import { assertAllAnswered, inOneStart } from "./one-start.js";
import { recording } from "./recording.js";
import { faultKinds } from "./run-folder.js";

const GOOD = chatStream(["<think>Stripes.</think>", "<answer>A cat.</answer>"]);
/** All the bundled photos: more than a cold endpoint is asked at once. */
const PICTURES = 12;
const recipe = { sample: { size: PICTURES, seed: 1 } };

/** Refusals that pass: at the end of this start every cell is answered. */
const passing = inOneStart({ recipe });
const noTries = (ended: { readonly countsAsTry: boolean }) => !ended.countsAsTry;

const BURST = 8;
const wave = { arrived: 0, mostAtOnce: 0, arrivedAt: [] as number[] };
const t1 = passing.teacher(
  "t1",
  await startScriptedModel(async () => {
    wave.arrivedAt.push(performance.now());
    if (wave.arrivedAt.length <= BURST)
      return jsonResponse({ error: { message: "slow down" } }, 429, { "retry-after": "1" });
    wave.arrived += 1;
    // Nothing of the wave that follows is answered before it has come in whole.
    const isFirst = wave.arrived === 1;
    await pause(isFirst ? 400 : 450);
    if (isFirst) wave.mostAtOnce = wave.arrived;
    return GOOD;
  }),
);

test("T1: a 429 with Retry-After holds all back for as long, costs no try, and lowers concurrency once for its burst", async () => {
  const ran = await t1();
  assertAllAnswered(ran, PICTURES);
  assert.deepEqual(faultKinds(ran), Array(BURST).fill("busy"));
  assert.ok(ran.ended.every(noTries));
  const [last = 0, next = 0] = wave.arrivedAt.slice(BURST - 1);
  assert.ok(next - last >= 990, `${next - last}`);
  // Eight at once became five; a cut for every refusal would have left one.
  assert.equal(wave.mostAtOnce, 5);
});

const dated: number[] = [];
const t1Date = passing.teacher(
  "t1-date",
  await startScriptedModel(() => {
    dated.push(performance.now());
    if (dated.length > 1) return GOOD;
    return jsonResponse({}, 429, { "retry-after": new Date(Date.now() + 2_000).toUTCString() });
  }),
  { concurrency: 1 },
);
const absurd = ["999999999999999999999", "-5", "soon", "1e9"];
const t1Absurd = passing.teacher(
  "t1-absurd",
  [
    // Each wish in turn, from the endpoint that is believed up to a cap and then left alone.
    await startScriptedModel(() => jsonResponse({}, 429, { "retry-after": absurd.shift() ?? "86400" })),
    await startScriptedModel(async () => {
      await pause(100);
      return GOOD;
    }),
  ],
  { concurrency: 1 },
);

test("T1: Retry-After as a date is kept, and an absurd one holds up nobody else", async () => {
  const ran = await t1Date();
  assertAllAnswered(ran, PICTURES);
  const [first = 0, second = 0] = dated;
  assert.ok(second - first >= 900, `${second - first}`);
  const other = await t1Absurd();
  assertAllAnswered(other, PICTURES);
  assert.ok(faultKinds(other).length > 0 && faultKinds(other).every((kind) => kind === "busy"));
  assert.ok(other.ended.every(noTries));
});

const bare: number[] = [];
const t2 = passing.teacher(
  "t2",
  await startScriptedModel(() => {
    bare.push(performance.now());
    return bare.length <= 2 ? jsonResponse({ error: "busy" }, 429) : GOOD;
  }),
  { concurrency: 1 },
);

test("T2: a 429 without a header is met with growing pauses, and the run goes on", async () => {
  const ran = await t2();
  assertAllAnswered(ran, PICTURES);
  assert.equal(ran.status.faults.busy, 2);
  const [one = 0, two = 0, three = 0] = bare;
  assert.ok(two - one >= 490 && three - two >= 990, `${two - one}, ${three - two}`);
});

const codes = [500, 502, 503, 504];
let refused = 0;
const t3 = passing.teacher(
  "t3",
  [
    await startScriptedModel(() => {
      const code = codes[refused++];
      return code === undefined ? GOOD : jsonResponse({ error: "x" }, code);
    }),
    await startScriptedModel(() => GOOD),
  ],
  { concurrency: 4 },
);

test("T3: a burst of 500, 502, 503 and 504 rests its endpoint alone, and costs no try", async () => {
  const ran = await t3();
  assertAllAnswered(ran, PICTURES);
  const failed = ran.ended.filter(({ fault }) => fault !== null);
  assert.deepEqual(failed.map(({ status }) => status).sort(), codes);
  assert.equal(new Set(failed.map(({ endpoint }) => endpoint)).size, 1);
  assert.ok(ran.ended.every(noTries));
});

let cuts = 0;
const closing = await startScriptedModel((_image, _nth, { turn }) => {
  if (turn === 0 || cuts > 0) return GOOD;
  cuts += 1;
  return { end: "reset" };
});
const t17 = passing.teacher("t17", closing, { concurrency: 1 });

test("T17: a kept connection that the server closes between requests costs one repetition, and no fault", async () => {
  const ran = await t17();
  assertAllAnswered(ran, PICTURES);
  assert.deepEqual(faultKinds(ran), []);
  assert.equal(closing.chats.length, PICTURES + 1);
  const ids = closing.chats.map(({ headers }) => headers["x-request-id"]);
  assert.equal(new Set(ids).size, PICTURES, "the repetition carries the id of the attempt it repeats");
});

let tooLong = "";
const t18 = passing.teacher(
  "t18",
  await startScriptedModel((image) => {
    tooLong ||= image;
    return image === tooLong ? recording("vllm-error-context") : GOOD;
  }),
);

test("T18: a 400 for one picture is final for that picture alone, which is never made smaller unasked", async () => {
  const ran = await t18();
  assert.equal(ran.exitCode, 0, ran.said);
  assert.deepEqual([ran.status.answered, ran.status.failed], [PICTURES - 1, 1]);
  const failed = ran.pairs.find(({ outcome }) => outcome === "failed");
  assert.deepEqual([failed?.image, failed?.reason], [tooLong, "rejected-by-server"]);
  const asked = ran.ended.filter(({ image }) => image === tooLong);
  assert.equal(asked.length, 3);
  assert.equal(new Set(asked.map(({ preparedSha256 }) => preparedSha256)).size, 1);
});

const localhost = await startScriptedModel(() => GOOD);
const t23Localhost = passing.teacher("t23-localhost", localhost, {
  endpoints: [localhost.url.replace("127.0.0.1", "localhost")],
});

test("T23: localhost is found where only one of IPv4 and IPv6 listens", async () => {
  const ran = await t23Localhost();
  assertAllAnswered(ran, PICTURES);
  assert.deepEqual(faultKinds(ran), []);
});

/** Refusals that a person must put right: this start ends with exit code 1, and says of each what is wrong. */
const KEY = "sk-secret-42";
const final = inOneStart({
  recipe,
  times: { neverAnsweredMs: 500 },
  env: { FAULTS_KEY: KEY, HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: "" },
  inspect: async (out) => {
    for (const name of await readdir(out, { recursive: true })) {
      const text = await readFile(join(out, name), "latin1").catch(() => "");
      assert.ok(!text.includes(KEY), `${name} holds the key`);
    }
  },
});
const seenKeys: (string | undefined)[] = [];
const t19 = final.teacher(
  "t19",
  await startScriptedModel((_image, _nth, { headers }) => {
    seenKeys.push(headers.authorization);
    return jsonResponse({ error: `Bad key ${KEY}` }, 401);
  }),
  { apiKeyEnv: "FAULTS_KEY", concurrency: 1 },
);

test("T19: a refused key stops asking at once, and is never shown or kept", async () => {
  const ran = await t19();
  assert.equal(ran.exitCode, 1);
  assert.equal(ran.status.missing, PICTURES);
  assert.deepEqual(faultKinds(ran), ["unauthorized"]);
  assert.deepEqual(seenKeys, [`Bearer ${KEY}`]);
  assert.match(ran.said, /t19: no endpoint is left .*answered 401.*apiKeyEnv/);
  assert.ok(!JSON.stringify(ran).includes("secret"));
});

const elsewhere = await startScriptedServer(() => GOOD);
const t22 = final.teacher(
  "t22",
  await startScriptedModel(() => ({
    status: 307,
    headers: { location: `${elsewhere.url}/v1/chat/completions?token=abc` },
  })),
  { apiKeyEnv: "FAULTS_KEY" },
);

test("T22: a redirect to another host is refused, and nothing goes there", async () => {
  const ran = await t22();
  await elsewhere.close();
  assert.equal(ran.exitCode, 1);
  assert.match(ran.said, /t22: no endpoint is left .*answered 307, a redirect/);
  assert.equal(ran.status.missing, PICTURES);
  assert.equal(elsewhere.seen.length, 0);
});

const plain = await startScriptedModel(() => GOOD);
const t23Tls = final.teacher("t23-tls", plain, { endpoints: [plain.url.replace("http:", "https:")] });
const t23Proxy = final.teacher("t23-proxy", [], { endpoints: ["http://gpu.invalid:8000/v1"] });

test("T23: an endpoint without TLS and a proxy that is not there give a clear sentence and an end", async () => {
  const tls = await t23Tls();
  assert.equal(tls.exitCode, 1);
  assert.match(tls.said, /t23-tls: no endpoint answered: .* does not speak TLS .* it may want http:\/\//);
  const proxy = await t23Proxy();
  assert.match(proxy.said, /t23-proxy: no endpoint answered: .*gpu\.invalid.* proxy/);
  for (const ran of [tls, proxy]) {
    assert.equal(ran.status.missing, PICTURES);
    assert.equal(ran.ended.length, 0);
  }
});

const impostor = await startScriptedModel(() => chatStream(["<think>x</think>", "y"], { model: "m-other" }));
const t16 = final.teacher("t16", impostor);

test("T16: a reply from another model is rejected whatever the model list says", async () => {
  const ran = await t16();
  assert.equal(ran.exitCode, 1);
  assert.equal(ran.status.missing, PICTURES);
  assert.ok(faultKinds(ran).every((kind) => kind === "wrong-model"));
  assert.match(ran.said, /t16: no endpoint is left .*"m-other" when "m" was asked/);
});

let replies = 0;
const t15 = final.teacher(
  "t15",
  await startScriptedModel(() => {
    replies += 1;
    return replies <= 2 ? GOOD : chatStream(["<think>x</think>", "y"], { model: "other" });
  }),
  { concurrency: 1 },
);

test("T15: another model behind the URL in the middle of a run stops it, and its record is not accepted", async () => {
  const ran = await t15();
  assert.equal(ran.exitCode, 1);
  assert.match(ran.said, /t15: no endpoint is left .*"other" when "m" was asked/);
  assert.deepEqual([ran.status.answered, ran.status.missing, ran.status.failed], [2, PICTURES - 2, 0]);
});
