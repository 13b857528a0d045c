import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { UserError } from "../../records/index.js";
import { choosePoolSize, takeNext } from "./encoder-pool.js";
import { startFakeVectorServer } from "./fake-vector-server.js";
import { openNeuralScorers } from "./open-neural-scorers.js";
import { relativeBuckets } from "./relative-buckets.js";

const checkpoints = fileURLToPath(new URL("../../../src/scoring/fixtures/checkpoints/", import.meta.url));
const bertTiny = join(checkpoints, "bert-tiny");
const SBERT = { folder: bertTiny, server: null, serverTolerance: null, cache: null };
const BERTSCORE = {
  folder: bertTiny,
  server: null,
  serverTolerance: null,
  layer: 3,
  idfReferences: null,
  baseline: null,
  prefixSpace: false,
};

const PAIRS = Array.from({ length: 24 }, (_, place) => ({
  reference: `The ${place % 5} boats lie on the sand beside shed number ${place % 7}, and nobody is there.`,
  hypothesis: `${"Beside the shed, on sand, boats. ".repeat(1 + (place % 4))}${place}`,
}));

test("a score does not depend on its neighbours, nor on the number of workers, to the last bit", async () => {
  const together = await openNeuralScorers({ sbert: SBERT, bertscore: BERTSCORE, threads: 2 });
  const sbert = await together.sbert?.scorer.score(PAIRS);
  const bertscore = await together.bertscore?.scorer.score(PAIRS);
  await together.close();
  const alone = await openNeuralScorers({ sbert: SBERT, bertscore: BERTSCORE, threads: 1 });
  for (const [place, pair] of PAIRS.entries()) {
    assert.deepEqual((await alone.sbert?.scorer.score([pair]))?.scores[0], sbert?.scores[place]);
    assert.deepEqual((await alone.bertscore?.scorer.score([pair]))?.scores[0], bertscore?.scores[place]);
  }
  await alone.close();
});

test("what the limit takes from either side is counted, special tokens and all", async () => {
  const metrics = await openNeuralScorers({ sbert: SBERT, bertscore: null, threads: 1 });
  const result = await metrics.sbert?.scorer.score([{ reference: "boats ".repeat(200), hypothesis: "boats" }]);
  await metrics.close();
  assert.equal(result?.seen.reference.cut, 1);
  assert.equal(result?.seen.reference.seen, 64);
  assert.ok((result?.seen.reference.tokens ?? 0) > 200);
  assert.deepEqual([result?.seen.hypothesis.cut, result?.seen.hypothesis.texts], [0, 1]);
});

test("kept vectors are used again, and a torn or damaged record is passed over", async (t) => {
  const cache = mkdtempSync(join(tmpdir(), "vectors-"));
  t.after(() => rmSync(cache, { recursive: true }));
  const score = async () => {
    const metrics = await openNeuralScorers({ sbert: { ...SBERT, cache }, bertscore: null, threads: 1 });
    const result = await metrics.sbert?.scorer.score(PAIRS);
    await metrics.close();
    return result?.scores;
  };
  const files = () =>
    readdirSync(cache, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".vectors"));
  const first = await score();
  assert.equal(files().length, 1);
  const [file = ""] = files();
  appendFileSync(join(cache, file), Buffer.alloc(57, 1));
  assert.deepEqual(await score(), first);
  // Nothing was encoded, so nothing was added.
  assert.equal(files().length, 1);
});

test("workers are as many as asked where copies of the weights fit, share them where they do not, and are fewer where little is free", () => {
  const plan = {
    graph: new Uint8Array(0),
    weightsFolder: ".",
    hidden: 1024,
    paddingId: 1,
    buckets: null,
    copiedBytes: 1_200_000_000,
    widenedBytes: 0,
    workBytes: 90_000_000,
  };
  const GB = 1_000_000_000;
  assert.deepEqual(choosePoolSize([plan], { threads: 2, freeBytes: 20 * GB }), { count: 2, copyWeights: true });
  assert.deepEqual(choosePoolSize([plan], { threads: 64, freeBytes: 40 * GB }), { count: 64, copyWeights: false });
  assert.deepEqual(choosePoolSize([plan], { threads: 64, freeBytes: 2 * GB }), { count: 4, copyWeights: false });
  assert.deepEqual(choosePoolSize([plan], { threads: 8, freeBytes: 0 }), { count: 1, copyWeights: false });
});

test("a reference that a thread is busy with is left to it, unless nothing else waits", () => {
  const waiting = ["a", "b", null, "a"].map((reference) => ({ reference }));
  const take = (...running: (string | null)[]) =>
    takeNext(
      waiting,
      running.map((reference) => ({ reference })),
    )?.reference;
  assert.deepEqual([take("a"), take("a", null), take("a"), take("b"), take()], ["b", null, "a", "a", undefined]);
});

test("the buckets of MPNet's relative attention are torch's", () => {
  // Where transformers 4.57.6 changes bucket, for keys before the query: distances 0 to 7 have their own.
  const starts = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91];
  const buckets = relativeBuckets(512, 32);
  for (let away = 0; away < 512; away++) {
    const wanted = starts.findLastIndex((start) => start <= away);
    assert.equal(buckets[511 - away], BigInt(wanted), `distance ${away}`);
    if (away > 0) assert.equal(buckets[511 + away], BigInt(wanted + 16), `distance -${away}`);
  }
});

test("the room's door loads neither the runtime nor the tokenizers", () => {
  const door = new URL("../index.js", import.meta.url).href;
  const code = `await import(${JSON.stringify(door)}); const shared = process.report.getReport().sharedObjects.join(" "); if (/onnxruntime|tokenizers/.test(shared)) { console.error(shared); process.exit(1); }`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
});

const halved = (vectors: Float32Array) => vectors.map((value) => Math.round(value * 1024) / 1024);

test("a server's sentence vectors and token vectors give the folder's scores, and its speed is told", async () => {
  await using sentences = await startFakeVectorServer(bertTiny, "/v1/embeddings", 5);
  await using tokens = await startFakeVectorServer(bertTiny, "/pooling", 3, (vectors) =>
    vectors.map((value) => 3 * value),
  );
  const speeds: string[] = [];
  const here = await openNeuralScorers({ sbert: SBERT, bertscore: BERTSCORE, threads: 1 });
  const there = await openNeuralScorers({
    sbert: { ...SBERT, server: `${sentences.url}/v1/` },
    bertscore: { ...BERTSCORE, server: tokens.url },
    threads: 1,
    measured: (metric, { textsPerSecond, bytesPerText }) =>
      speeds.push(`${metric} ${textsPerSecond > 0 && bytesPerText > 100}`),
  });
  assert.deepEqual((await there.sbert?.scorer.score(PAIRS))?.scores, (await here.sbert?.scorer.score(PAIRS))?.scores);
  const [a, b] = [await there.bertscore?.scorer.score(PAIRS), await here.bertscore?.scorer.score(PAIRS)];
  for (const [place, score] of (a?.scores ?? []).entries()) {
    const other = b?.scores[place];
    assert.ok(typeof score === "object" && typeof other === "object" && score !== null && other != null);
    assert.ok(Math.abs(score.f1 - other.f1) < 1e-6);
  }
  assert.deepEqual(speeds, ["sbert true", "bertscore true"]);
  assert.equal(there.sbert?.scorer.protocol.serverModel, "bert-tiny");
  await here.close();
  await there.close();
});

test("a server in half precision or with other layers is refused with the likely cause, or taken as another metric", async () => {
  await using half = await startFakeVectorServer(bertTiny, "/v1/embeddings", 5, halved);
  await using wrong = await startFakeVectorServer(bertTiny, "/pooling", 3, (vectors) => vectors.toReversed());
  const score = async (server: string, serverTolerance: number | null) => {
    const metrics = await openNeuralScorers({
      sbert: { ...SBERT, server, serverTolerance },
      bertscore: null,
      threads: 1,
    });
    try {
      await metrics.sbert?.scorer.score(PAIRS);
      return metrics.sbert?.scorer;
    } finally {
      await metrics.close();
    }
  };
  const refused = (words: RegExp) => (error: unknown) => error instanceof UserError && words.test(error.message);
  await assert.rejects(
    score(half.url, null),
    refused(/--sbert-server: .* half precision, most likely: serve it with --dtype float32/),
  );
  const accepted = await score(half.url, 0.01);
  assert.equal(accepted?.name, "sbert-served");
  assert.match(accepted?.signature ?? "", /server-tolerance:0\.01$/);

  const metrics = await openNeuralScorers({ sbert: null, bertscore: { ...BERTSCORE, server: wrong.url }, threads: 1 });
  await assert.rejects(
    async () => metrics.bertscore?.scorer.score(PAIRS),
    refused(
      /--bertscore-server: .* another layer, pooling or model: serve .* --pooler-config '\{"task": "token_embed"\}'/,
    ),
  );
  await metrics.close();
  await assert.rejects(score("http://user:secret@127.0.0.1:1", null), refused(/may not hold a user name/));
});
