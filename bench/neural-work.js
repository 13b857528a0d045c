// What a neural metric has to compute on the pairs of a file: in matrix products, by us and by the reference library.
import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** Texts a reference library puts in one batch, each padded to its longest. */
const BATCH = { sbert: 32, bertscore: 64 };

/**
 * Opens the checkpoint and counts. `ours` is each different text once at its exact length, `exact` every text the reference
 * encodes at its exact length, `padded` those as its batches pad them; all in GFLOP.
 */
export async function measureWork(neural, { metric, folder, layer, file }) {
  const { openCheckpoint } = await neural("checkpoint.js");
  const { codePairs } = await neural("text-coder.js");
  const { readSentencePipeline } = await neural("sentence-pipeline.js");
  const checkpoint = await openCheckpoint({
    folder,
    prefixSpace: false,
    output: "tokens",
    layerOf: (config) => (metric === "sbert" ? config.layers : layer),
    maxLength: metric === "sbert" ? (await readSentencePipeline(folder)).maxLength : null,
  });
  const pairs = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const coded = await codePairs(checkpoint.tokenizer, pairs, { limit: checkpoint.limit, prepare: (text) => text });
  const texts = coded.pairs.map(({ reference, hypothesis }, at) => ({
    reference: { text: pairs[at].reference, ids: reference.ids },
    hypothesis: { text: pairs[at].hypothesis, ids: hypothesis.ids },
  }));
  const different = new Map(
    coded.pairs.flatMap((pair) => [pair.reference, pair.hypothesis]).map((t) => [t.key, t.ids]),
  );
  const batches = referenceBatches(metric, texts);
  const flop = (lengths) => lengths.reduce((sum, length) => sum + flopOf(checkpoint, length), 0) / 1e9;
  const longest = (batch) => Math.max(...batch.map(({ ids }) => ids.length));
  return {
    checkpoint,
    ids: [...different.values()],
    ours: flop([...different.values()].map((ids) => ids.length)),
    exact: flop(batches.flat().map(({ ids }) => ids.length)),
    padded: flop(batches.flatMap((batch) => batch.map(() => longest(batch)))),
  };
}

/** Floating-point operations of the matrix products of one text, attention's among them. */
export function flopOf({ config, layers }, length) {
  const { hidden } = config;
  return layers * (denseFlop(config, length) + 4 * length * length * hidden);
}

/** Those of one layer's weights alone. */
function denseFlop({ hidden, intermediate }, length) {
  return 2 * length * (4 * hidden * hidden + 2 * hidden * intermediate);
}

/** sentence-transformers encodes every text, by length in characters; bert_score each different text, by its blanks. */
function referenceBatches(metric, texts) {
  const references = texts.map((pair) => pair.reference);
  const hypotheses = texts.map((pair) => pair.hypothesis);
  const inBatches = (list, size) =>
    Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));
  const by = (measure) => (a, b) => measure(b.text) - measure(a.text);
  if (metric === "sbert") {
    return [references, hypotheses].flatMap((list) => inBatches(list.toSorted(by((text) => text.length)), BATCH.sbert));
  }
  const different = new Map([...references, ...hypotheses].map((coded) => [coded.text, coded]));
  return inBatches([...different.values()].toSorted(by((text) => text.split(" ").length)), BATCH.bertscore);
}

/**
 * GFLOP/s of the products with the layers' weights and nothing else: no attention, norm or activation, in the same runtime,
 * threads and lengths. No command over this runtime can be quicker than its products.
 */
export async function measureProducts(neural, { checkpoint, ids }, threads) {
  const { startEncoderPool } = await neural("encoder-pool.js");
  const plan = { ...checkpoint.plan, graph: await writeProducts(neural, checkpoint) };
  const pool = startEncoderPool([plan], threads);
  const encode = (some) => Promise.all(some.map((list) => pool.run({ kind: "encode", plan: 0, ids: list })));
  await encode(Array(threads).fill(ids[0]));
  const sample = ids.filter((_, at) => at % 8 === 0);
  const start = performance.now();
  await encode(sample);
  const seconds = (performance.now() - start) / 1000;
  await pool.close();
  const flop = sample.reduce((sum, list) => sum + checkpoint.layers * denseFlop(checkpoint.config, list.length), 0);
  return flop / 1e9 / seconds;
}

/** A graph that takes what an encoder takes and multiplies by each layer's matrices in turn; for float32 weights in one file. */
async function writeProducts(neural, { folder, config, layers }) {
  const { readSafetensors } = await neural("safetensors.js");
  const { findEncoderTensors } = await neural("encoder-tensors.js");
  const { OnnxType, writeOnnx } = await neural("onnx-writer.js");
  const tensors = findEncoderTensors(await readSafetensors(folder), config, layers);
  const matrices = tensors.layers.flatMap((layer) =>
    [layer.query, layer.key, layer.value, layer.attentionOut, layer.widen, layer.narrow].map(({ weight }) => weight),
  );
  const nodes = [{ type: "Gather", inputs: [tensors.words.name, "ids"], outputs: ["0"] }];
  for (const [at, { name }] of matrices.entries()) {
    const outputs = [at + 1 === matrices.length ? "vectors" : `${at + 1}`];
    nodes.push({ type: "Gemm", inputs: [`${at}`, name], outputs, attributes: { transB: 1 } });
  }
  return writeOnnx({
    nodes,
    external: [tensors.words, ...matrices].map(({ name, shape, file, offset, bytes }) => {
      return { name, type: OnnxType.float, shape, location: basename(file), offset, bytes };
    }),
    inline: [],
    inputs: ["ids", "positions"].map((name) => ({ name, type: OnnxType.int64, shape: ["n"] })),
    outputs: [{ name: "vectors", type: OnnxType.float, shape: ["n", config.hidden] }],
  });
}
