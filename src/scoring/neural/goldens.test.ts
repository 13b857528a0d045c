import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { PrecisionRecallF1, Score } from "../../records/index.js";
import type { BertScoreOptions } from "./bertscore.js";
import { cutToLimit, readCheckpointTokenizer } from "./checkpoint-tokenizer.js";
import { readEncoderConfig } from "./encoder-config.js";
import { planEncoder } from "./encoder-plan.js";
import { openEncoder } from "./encoder-session.js";
import { openNeuralScorers } from "./open-neural-scorers.js";
import { pythonStrip } from "./python-strip.js";

const fixtures = new URL("../../../src/scoring/fixtures/", import.meta.url);
const folderOf = (name: string) => fileURLToPath(new URL(`checkpoints/${name}`, fixtures));
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`neural/${name}`, fixtures), "utf8"));
const readRows = (name: string) =>
  readFileSync(new URL(`neural/${name}`, fixtures), "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line): unknown => JSON.parse(line));

const PUBLIC = ["bert-tiny", "cls-tiny", "roberta-tiny", "mpnet-tiny"];
const OWN = ["distilbert-tiny", "xlm-roberta-tiny", "bert-tiny-float16", "bert-tiny-bfloat16"];

type Expected = readonly (number | "NaN")[];

interface BertScoreRun {
  readonly num_layers: number;
  readonly idf: boolean;
  readonly fast_tokenizer?: boolean;
  readonly baseline_csv?: string;
  readonly precision_recall_f: readonly Expected[];
  readonly precision_recall_f_batch_1?: readonly Expected[];
}

interface SmallSet {
  readonly references: readonly (string | readonly string[])[];
  readonly hypotheses: readonly string[];
  readonly num_layers: number;
  readonly idf: boolean;
  readonly precision_recall_f: readonly Expected[];
}

async function openBertScore(folder: string, more: Partial<BertScoreOptions>) {
  const options = {
    server: null,
    serverTolerance: null,
    layer: null,
    idfReferences: null,
    baseline: null,
    prefixSpace: false,
  };
  return openNeuralScorers({ sbert: null, bertscore: { folder, ...options, ...more }, threads: 1 });
}

async function openSbert(folder: string) {
  return openNeuralScorers({
    sbert: { folder, server: null, serverTolerance: null, cache: null },
    bertscore: null,
    threads: 1,
  });
}

function assertNear(found: Score | undefined, expected: Expected, tolerance: number): void {
  assert.ok(found !== null && typeof found === "object");
  const { precision, recall, f1 }: PrecisionRecallF1 = found;
  for (const [place, value] of [precision, recall, f1].entries()) {
    const wanted = expected[place] === "NaN" ? Number.NaN : (expected[place] as number);
    const same = Number.isNaN(wanted) ? Number.isNaN(value) : Math.abs(value - wanted) <= tolerance;
    assert.ok(same, `number ${place} is ${value} where ${wanted} is expected`);
  }
}

async function* each(texts: readonly string[]) {
  yield* texts;
}

for (const name of PUBLIC) {
  test(`${name}: sentence cosines are those of sentence-transformers`, async () => {
    const rows = readRows(`${name}.sentence.jsonl`) as {
      reference: string;
      hypothesis: string;
      cosine: number;
      tokens: number[];
    }[];
    const metrics = await openSbert(folderOf(name));
    const result = await metrics.sbert?.scorer.score(rows);
    await metrics.close();
    for (const [place, { cosine }] of rows.entries()) {
      const found = result?.scores[place];
      assert.ok(typeof found === "number" && Math.abs(found - cosine) <= 1e-5, `pair ${place}: ${found}, ${cosine}`);
    }
    assert.equal(
      result?.seen.reference.tokens,
      rows.reduce((sum, row) => sum + (row.tokens[0] ?? 0), 0),
    );
    assert.equal(
      result?.seen.hypothesis.tokens,
      rows.reduce((sum, row) => sum + (row.tokens[1] ?? 0), 0),
    );
  });

  test(`${name}: precision, recall and F are those of bert_score, with and without idf, by layer, rescaled`, async (t) => {
    const golden = read(`${name}.bertscore.json`) as {
      pairs: [string, string][];
      runs: BertScoreRun[];
      small_sets: SmallSet[];
    };
    const pairs = golden.pairs.map(([reference, hypothesis]) => ({ reference, hypothesis }));
    for (const run of golden.runs) {
      const baseline = run.baseline_csv === undefined ? null : await writeTemporary(t, run.baseline_csv);
      const metrics = await openBertScore(folderOf(name), {
        layer: run.num_layers,
        baseline,
        idfReferences: run.idf ? () => each(pairs.map(({ reference }) => reference)) : null,
        // The library's slow tokenizer puts a blank before each text.
        prefixSpace: name === "roberta-tiny" && run.fast_tokenizer !== true,
      });
      const result = await metrics.bertscore?.scorer.score(pairs);
      await metrics.close();
      const tolerance = baseline === null ? 1e-5 : 6e-5;
      for (const [place, row] of (run.precision_recall_f_batch_1 ?? run.precision_recall_f).entries()) {
        assertNear(result?.scores[place], row, tolerance);
      }
    }
    for (const set of golden.small_sets) {
      const references = set.references.map((one) => (typeof one === "string" ? [one] : one));
      const metrics = await openBertScore(folderOf(name), {
        layer: set.num_layers,
        idfReferences: set.idf ? () => each(references.flat()) : null,
        prefixSpace: name === "roberta-tiny",
      });
      const found = await metrics.bertscore?.scoreSeveral(
        references.map((list, place) => ({ references: list, hypothesis: set.hypotheses[place] ?? "" })),
      );
      await metrics.close();
      for (const [place, row] of set.precision_recall_f.entries()) assertNear(found?.[place], row, 1e-5);
    }
  });

  test(`${name}: tokens are those of the fast tokenizer, whatever tokenizer.json says of cutting`, async () => {
    const tokenizer = await readCheckpointTokenizer(folderOf(name), { prefixSpace: false });
    const limit = tokenizer.declaredLimit ?? 0;
    const rows = readRows(`${name}.tokens.jsonl`) as {
      text: string;
      ids: number[];
      bert_score_ids: number[];
      slow_ids?: number[];
    }[];
    for (const { text, ids } of rows) assert.deepEqual([...cutToLimit(await tokenizer.encode(text), limit)], ids);
    if (name === "roberta-tiny") {
      const spaced = await readCheckpointTokenizer(folderOf(name), { prefixSpace: true });
      const wanted = rows as unknown as { text: string; ids_prefix_space: number[] }[];
      for (const { text, ids_prefix_space } of wanted) {
        assert.deepEqual([...cutToLimit(await spaced.encode(text), limit)], ids_prefix_space);
      }
      return;
    }
    for (const { text, bert_score_ids, slow_ids } of rows.filter((row) => row.slow_ids === undefined)) {
      assert.equal(slow_ids, undefined);
      assert.deepEqual([...cutToLimit(await tokenizer.encode(pythonStrip(text)), limit)], bert_score_ids);
    }
  });

  test(`${name}: every layer's vectors are those of transformers`, async () => {
    const rows = readRows(`${name}.hidden.jsonl`) as {
      ids: number[];
      positions: number[];
      hidden_states: number[][][];
    }[];
    const config = await readEncoderConfig(folderOf(name));
    for (let layers = 0; layers <= config.layers; layers++) {
      const { plan } = await planEncoder(folderOf(name), config, { layers, output: "tokens", longest: 64 });
      const session = await openEncoder(plan, layers % 2 === 0);
      for (const { ids, positions, hidden_states } of rows) {
        const vectors = await session.run(Int32Array.from(ids));
        for (const [place, position] of positions.entries()) {
          const wanted = hidden_states[layers]?.[place] ?? [];
          for (const [channel, value] of wanted.entries()) {
            const found = vectors[position * config.hidden + channel] as number;
            assert.ok(Math.abs(found - value) <= 5e-5, `layer ${layers}: ${found}, ${value}`);
          }
        }
      }
      await session.close();
    }
  });
}

for (const name of OWN) {
  test(`${name}: ids, cosines and BERTScore are those of the libraries`, async () => {
    const golden = read(`${name}.json`) as {
      texts: string[];
      ids: number[][];
      max_seq_length: number;
      pairs: [string, string][];
      cosine: number[];
      bertscore: BertScoreRun[];
    };
    const pairs = golden.pairs.map(([reference, hypothesis]) => ({ reference, hypothesis }));
    const tokenizer = await readCheckpointTokenizer(folderOf(name), { prefixSpace: false });
    for (const [place, text] of golden.texts.entries()) {
      assert.deepEqual([...cutToLimit(await tokenizer.encode(text), golden.max_seq_length)], golden.ids[place]);
    }
    const sentences = await openSbert(folderOf(name));
    const cosines = await sentences.sbert?.scorer.score(pairs);
    await sentences.close();
    for (const [place, cosine] of golden.cosine.entries()) {
      assert.ok(Math.abs((cosines?.scores[place] as number) - cosine) <= 1e-5, `pair ${place}`);
    }
    for (const run of golden.bertscore) {
      const metrics = await openBertScore(folderOf(name), {
        layer: run.num_layers,
        idfReferences: run.idf ? () => each(pairs.map(({ reference }) => reference)) : null,
      });
      const result = await metrics.bertscore?.scorer.score(pairs);
      await metrics.close();
      for (const [place, row] of run.precision_recall_f.entries()) assertNear(result?.scores[place], row, 1e-5);
    }
  });
}

async function writeTemporary(t: { after(end: () => void): void }, body: string): Promise<string> {
  const { mkdtempSync, rmSync, writeFileSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const folder = mkdtempSync(join(tmpdir(), "baseline-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "table.tsv"), body);
  return join(folder, "table.tsv");
}
