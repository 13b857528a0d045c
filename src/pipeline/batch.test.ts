import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { PARSER_VERSION } from "../parsing/index.js";
import type { Pair } from "../records/index.js";
import { openStore } from "../store/index.js";
import { collect, makeEnded, makeReply } from "../testing/index.js";
import { drawImages, readBatch, readStatus, runRecipe, StopSwitch, streamPairs, writeBatch } from "./index.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../bin/imagenet-think.js", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-batch-"));
after(() => rm(folder, { recursive: true, force: true }));
const quiet = { say: () => {}, onProgress: () => {} };
let count = 0;

interface Line {
  readonly custom_id: string;
  readonly method: string;
  readonly url: string;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { content: readonly { image_url?: { url: string } }[] }[];
    stream?: boolean;
  };
}

/** A gated run of the twelve photographs; its endpoint is a port that nothing listens at. */
async function gated(): Promise<{ recipe: string; run: string; to: string }> {
  const place = join(folder, String(count++));
  await cp(await original, place, { recursive: true });
  return { recipe: join(place, "recipe.yaml"), run: join(place, "run"), to: join(place, "batches") };
}

const original = gateOnce();

async function gateOnce(): Promise<string> {
  const place = join(folder, "original");
  await mkdir(place);
  const recipe = join(place, "recipe.yaml");
  await writeFile(
    recipe,
    `name: b
images: [{ source: folder, path: "${PHOTOS}" }]
teachers:
  - { name: glm, model: glm-tiny, dialect: glm, maxTokens: 200, tries: 2, endpoints: ["http://127.0.0.1:9/v1"] }
  - { name: kimi, model: kimi-tiny, dialect: kimi, endpoints: ["http://127.0.0.1:9/v1"] }
`,
  );
  await drawImages(recipe, { ...quiet, out: join(place, "run"), stop: new StopSwitch() });
  return place;
}

function cut(run: string, to: string, change: Partial<Parameters<typeof writeBatch>[1]> = {}) {
  const limits = { maxLines: 50_000, maxBytes: 200_000_000 };
  return writeBatch(run, { ...quiet, to, model: "glm", ...limits, fileUrls: false, stop: new StopSwitch(), ...change });
}

async function linesOf(files: readonly { readonly file: string }[]): Promise<readonly Line[]> {
  const texts = await Promise.all(files.map(({ file }) => readFile(file, "utf8")));
  return texts.flatMap((text) =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Line),
  );
}

const TEXT = "<think>Stripes.</think><answer>A cat.</answer>";
const completion = (model: string, content = TEXT, finishReason = "stop") => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  model,
  choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: finishReason }],
  usage: { prompt_tokens: 10, completion_tokens: 5 },
});
const result = (id: string, body: unknown, status = 200, error: unknown = null) =>
  JSON.stringify({ id: "batch_req_1", custom_id: id, response: { status_code: status, request_id: "r", body }, error });

async function pairsOf(run: string): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for await (const pair of streamPairs(run, { model: "glm", outcomes: [], say: () => {} })) pairs.push(pair);
  return pairs;
}

test("missing cells are cut into lines that name attempt and run, each with its asked line in the ledger", async () => {
  const { run, to } = await gated();
  const written = await cut(run, to, { maxLines: 5 });
  assert.deepEqual(
    written.files.map(({ lines, model }) => [lines, model]),
    [
      [5, "glm"],
      [5, "glm"],
      [2, "glm"],
    ],
  );
  assert.equal((await readdir(to)).length, 3);
  const lines = await linesOf(written.files);
  assert.equal(new Set(lines.map((line) => line.custom_id)).size, 12);
  const { run8 } = JSON.parse(await readFile(join(run, "run.json"), "utf8")) as { run8: string };
  const store = await openStore(run, { say: () => {} });
  assert.deepEqual(await store.unanswered(), { glm: 12 });
  for (const line of lines) {
    const [image = "", model, attempt, last] = line.custom_id.split("/");
    assert.deepEqual([model, last, line.method, line.url], ["glm", run8, "POST", "/v1/chat/completions"]);
    assert.match(line.body.messages[0]?.content[0]?.image_url?.url ?? "", /^data:image\/jpeg;base64,/);
    assert.equal(line.body.stream, undefined);
    assert.deepEqual(
      (await store.attemptsOf(image, "glm")).map((event) => [event.event, event.attempt]),
      [["asked", attempt]],
    );
  }
  assert.equal((await readStatus(run, () => {})).models.glm?.missing, 12);
});

test("files keep to --max-bytes, a request that fits into none is refused, and no half file is left", async () => {
  const { run, to } = await gated();
  const { files } = await cut(run, to, { maxBytes: 250_000 });
  assert.ok(files.length > 1);
  for (const { file, bytes } of files) {
    assert.ok(bytes <= 250_000);
    assert.equal((await readFile(file)).length, bytes);
  }
  const before = await readdir(to);
  await assert.rejects(cut(run, to, { maxBytes: 20_000 }), {
    name: "UserError",
    message: /--max-bytes 20000.*--file-urls/,
  });
  assert.deepEqual(await readdir(to), before);
});

test("--file-urls gives addresses where a picture goes out as it is", async () => {
  const { run, to } = await gated();
  const written = await cut(run, to, { fileUrls: true });
  const urls = (await linesOf(written.files)).map((line) => line.body.messages[0]?.content[0]?.image_url?.url ?? "");
  const byUrl = urls.filter((url) => url.startsWith("file:///"));
  assert.equal(byUrl.length, written.byFileUrl);
  assert.ok(byUrl.length > 0);
  for (const url of byUrl) assert.ok((await readFile(fileURLToPath(url))).length > 0);
});

test("results count in any order, half finished, twice, with error lines; then what is missing is cut anew", async () => {
  const { run, to } = await gated();
  const lines = await linesOf((await cut(run, to)).files);
  const id = (at: number) => lines[at]?.custom_id ?? "";
  const out = join(to, "out.jsonl");
  const half = [
    result(id(7), completion("glm-tiny")),
    result(id(2), completion("glm-tiny", "<think>Str", "length")),
    result(id(5), { error: { message: "Failed to load image", code: 400 } }, 400),
    JSON.stringify({ id: "vllm-1", custom_id: id(0), response: completion("glm-tiny"), error: null }),
    JSON.stringify({ id: "x", custom_id: id(1), response: null, error: { code: "batch_expired", message: "expired" } }),
    result(id(3), null, 404, { error: { message: "The model `other` does not exist.", param: "model", code: 404 } }),
    result("n02123045_1/glm/zzzzzzzzz-1/00000000", completion("glm-tiny")),
    result(id(7).replace(/[0-9a-f]{8}$/, "00000000"), completion("glm-tiny")),
    result(id(8), completion("another-model")),
  ];
  await writeFile(out, `${half.join("\n")}\n{"custom_id": "torn`);
  const said: string[] = [];
  const first = await readBatch(run, [out], { say: (sentence) => said.push(sentence), onProgress: () => {} });
  assert.deepEqual(
    { ...first, status: null },
    {
      lines: 10,
      read: 7,
      replies: 3,
      late: 0,
      faults: { "rejected-by-server": 1, interrupted: 1, "wrong-model": 2 },
      readBefore: 0,
      unknown: 2,
      unreadable: 1,
      status: null,
    },
  );
  assert.ok(said.some((sentence) => sentence.includes("2 results are of no request of this run, the first line 7")));
  assert.ok(said.some((sentence) => sentence.includes("1 lines are no results, the first: line 10")));
  const row = first.status.models.glm;
  assert.deepEqual([row?.answered, row?.truncated, row?.missing, row?.attempts], [2, 1, 9, 7]);
  const again = await readBatch(run, [out, out], quiet);
  assert.deepEqual([again.read, again.readBefore], [0, 14]);
  assert.deepEqual(again.status.models.glm, row);

  const second = await cut(run, to);
  assert.deepEqual([second.requests, second.askedBefore], [9, 5]);
  // The same results come for both cuttings: one record each, the other is late and only counted.
  const anew = await linesOf(second.files);
  const rest = [...lines, ...anew].map((line) => result(line.custom_id, completion("glm-tiny")));
  await writeFile(out, `${rest.join("\n")}\n`);
  const last = await readBatch(run, [out], quiet);
  // Five of the first cutting had no result yet, and all nine of the second: fourteen replies for nine cells.
  assert.deepEqual([last.read, last.late, last.readBefore], [14, 5, 7]);
  const done = last.status.models.glm;
  assert.deepEqual([done?.answered, done?.truncated, done?.missing, done?.attempts], [11, 1, 0, 21]);
  assert.equal((await pairsOf(run)).filter((pair) => pair.outcome === "answered").length, 11);
});

test("a cell that is refused as often as its tries is failed, and run goes on with what is missing", async () => {
  const { recipe, run, to } = await gated();
  for (const round of [1, 2]) {
    const lines = await linesOf((await cut(run, to)).files);
    const out = join(to, `out-${round}`);
    const refused = lines.map(({ custom_id }) =>
      result(custom_id, null, 400, "Request must not be sent in stream mode"),
    );
    await writeFile(out, refused.slice(0, 11).join("\n"));
    await readBatch(run, [out], quiet);
  }
  const status = await readStatus(run, () => {});
  assert.deepEqual([status.models.glm?.failed, status.models.glm?.missing], [11, 1]);
  assert.equal((await pairsOf(run)).filter((pair) => pair.reason === "rejected-by-server").length, 11);
  const stop = new StopSwitch();
  stop.drain("only looking");
  const hooks = { onGate: () => {}, onGated: () => {}, onProgress: () => {}, say: () => {}, stop };
  const end = await runRecipe(recipe, { ...hooks, out: run, again: [], limit: null, keepGoing: false, shard: null });
  assert.equal(end.exitCode, 3);
  assert.equal(end.status?.models.glm?.missing, 1);
});

test("status counts what a killed reading left behind, a late second reply of a cell only as an attempt", async () => {
  const { run, to } = await gated();
  const lines = [...(await linesOf((await cut(run, to)).files)), ...(await linesOf((await cut(run, to)).files))];
  const store = await openStore(run, { say: () => {} });
  // Its tallies say nothing of what it wrote, as those of a process that was killed before its next heartbeat.
  const killed = await store.openWriter({
    shard: { index: 0, count: 1 },
    models: ["glm"],
    parserVersion: PARSER_VERSION,
    tallies: () => ({}),
    say: () => {},
  });
  const requests = new Map((await collect(store.batchRequests("glm"))).map((asked) => [asked.attempt, asked]));
  const image = lines[0]?.custom_id.split("/")[0];
  for (const { custom_id } of lines.filter((line) => line.custom_id.startsWith(`${image}/`) || line === lines[1])) {
    const asked = requests.get(custom_id.split("/")[2] ?? "");
    assert.ok(asked !== undefined);
    await killed.ended(makeEnded(asked.image, asked.attempt, { ...asked, reply: makeReply(TEXT) }));
  }
  const row = (await readStatus(run, () => {})).models.glm;
  assert.deepEqual([row?.answered, row?.missing, row?.attempts], [2, 10, 3]);
  await killed.close();
});

test("the commands say what they did, and keep their words off stdout", async () => {
  const { run, to } = await gated();
  const call = (...args: string[]) => spawnSync(process.execPath, [PROGRAM, "batch", ...args], { encoding: "utf8" });
  const write = call("write", run, "--to", to, "--model", "glm", "--lines-per-file", "6", "--json");
  assert.equal(write.status, 0, write.stderr);
  const { files } = JSON.parse(write.stdout) as { files: readonly { file: string }[] };
  assert.equal(files.length, 2);
  const out = join(to, "results");
  for (const { custom_id } of await linesOf(files))
    await appendFile(out, `${result(custom_id, completion("glm-tiny"))}\n`);
  const read = call("read", run, out, "--json");
  assert.equal(read.status, 0, read.stderr);
  assert.equal((JSON.parse(read.stdout) as { replies: number }).replies, 12);
  assert.equal(call("write", run, "--to", to, "--model", "glmm").status, 2);
  assert.match(call("write", run, "--to", to, "--model", "glm").stdout, /nothing is missing/);
  assert.equal(call("read", run, join(to, "not-there")).status, 1);
});

test("a place that cannot be written leaves no writer behind that looks killed", async () => {
  const { run, recipe } = await gated();
  await assert.rejects(cut(run, join(recipe, "batches")), { name: "UserError" });
  assert.deepEqual((await readStatus(run, () => {})).gone, []);
});
