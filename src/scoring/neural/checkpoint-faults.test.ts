import assert from "node:assert/strict";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { UserError } from "../../records/index.js";
import { openNeuralScorers } from "./open-neural-scorers.js";

const checkpoints = fileURLToPath(new URL("../../../src/scoring/fixtures/checkpoints/", import.meta.url));
const PAIRS = [
  { reference: "Three boats lie on the sand.", hypothesis: "On the sand lie three boats." },
  { reference: "A dog.", hypothesis: "Nothing is sharp but the fence." },
];

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "checkpoint-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function copyOf(t: TestContext, name: string): string {
  const folder = join(temporary(t), name);
  cpSync(join(checkpoints, name), folder, { recursive: true });
  return folder;
}

function edit(path: string, change: (value: Record<string, unknown>) => unknown): void {
  const value = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify(change(value)));
}

/** Rewrites the header of a safetensors file; what follows stays. */
function editHeader(path: string, change: (header: Record<string, { shape: number[]; dtype: string }>) => void): void {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Record<
    string,
    { shape: number[]; dtype: string }
  >;
  change(header);
  const body = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(body.length));
  writeFileSync(path, Buffer.concat([head, body, bytes.subarray(8 + length)]));
}

async function scoreSbert(folder: string) {
  const sbert = { folder, server: null, serverTolerance: null, cache: null };
  const metrics = await openNeuralScorers({ sbert, bertscore: null, threads: 1 });
  try {
    return (await metrics.sbert?.scorer.score(PAIRS))?.scores;
  } finally {
    await metrics.close();
  }
}

const bertscore = {
  server: null,
  serverTolerance: null,
  layer: null,
  idfReferences: null,
  baseline: null,
  prefixSpace: false,
};

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (fault: unknown) => fault,
  );
  assert.ok(error instanceof UserError, `a UserError was expected, not ${error}`);
  assert.ok(!error.message.includes("\n"), "one sentence");
  return error.message;
}

test("a folder that is missing something or describes another model is refused in one sentence that names the file", async (t) => {
  const cases: [string, (folder: string) => void, RegExp][] = [
    ["bert-tiny", (folder) => rmSync(join(folder, "tokenizer.json")), /has no tokenizer\.json; save one/],
    ["bert-tiny", (folder) => rmSync(join(folder, "config.json")), /has no config\.json/],
    ["bert-tiny", (folder) => rmSync(join(folder, "model.safetensors")), /neither model\.safetensors nor/],
    ["bert-tiny", (folder) => rmSync(join(folder, "1_Pooling/config.json")), /1_Pooling\/config\.json is missing/],
    [
      "bert-tiny",
      (folder) => writeFileSync(join(folder, "tokenizer.json"), "{"),
      /tokenizer\.json is not a JSON object/,
    ],
    [
      "bert-tiny",
      (folder) => writeFileSync(join(folder, "model.safetensors"), "short"),
      /not a whole safetensors file/,
    ],
    [
      "bert-tiny",
      (folder) => edit(join(folder, "config.json"), (config) => ({ ...config, model_type: "deberta-v2" })),
      /config\.json describes a model of type "deberta-v2"; supported are BERT, RoBERTa, DistilBERT, MPNet and XLM-RoBERTa/,
    ],
    [
      "bert-tiny",
      (folder) => edit(join(folder, "config.json"), (config) => ({ ...config, hidden_act: "relu" })),
      /activation "relu"; only gelu/,
    ],
    [
      "bert-tiny",
      (folder) => edit(join(folder, "config.json"), (config) => ({ ...config, intermediate_size: 96 })),
      /model\.safetensors: the tensor encoder\.layer\.0\.intermediate\.dense\.weight is 80 × 32, and config\.json calls for 96 × 32/,
    ],
    [
      "bert-tiny",
      (folder) =>
        editHeader(join(folder, "model.safetensors"), (header) => {
          delete header["encoder.layer.2.attention.self.key.bias"];
        }),
      /model\.safetensors holds no tensor encoder\.layer\.2\.attention\.self\.key\.bias/,
    ],
    [
      "bert-tiny",
      (folder) =>
        editHeader(join(folder, "model.safetensors"), (header) => {
          const tensor = header["embeddings.LayerNorm.weight"];
          if (tensor !== undefined) tensor.dtype = "I8";
        }),
      /embeddings\.LayerNorm\.weight is of type I8; supported are F32, F16, BF16/,
    ],
    [
      "bert-tiny",
      (folder) =>
        edit(join(folder, "1_Pooling/config.json"), (config) => ({ ...config, pooling_mode_max_tokens: true })),
      /asks for pooling by pooling_mode_mean_tokens and pooling_mode_max_tokens; supported are mean and cls/,
    ],
    [
      "bert-tiny",
      (folder) =>
        writeFileSync(
          join(folder, "modules.json"),
          JSON.stringify([
            { path: "", type: "a.Transformer" },
            { path: "1_Pooling", type: "a.Pooling" },
            { path: "2_Dense", type: "a.Dense" },
          ]),
        ),
      /lists the modules Transformer, Pooling, Dense; supported are/,
    ],
    [
      "xlm-roberta-tiny",
      (folder) => rmSync(join(folder, "model-00002-of-00003.safetensors")),
      /00002-of-00003\.safetensors is missing/,
    ],
  ];
  for (const [name, damage, words] of cases) {
    const folder = copyOf(t, name);
    damage(folder);
    assert.match(await refusal(scoreSbert(folder)), words);
  }
  assert.match(await refusal(scoreSbert("/no/such/folder")), /config\.json|is not a folder/);
});

test("BERTScore asks for a layer it can have, and for a blank only where that means something", async () => {
  const open = (more: object) =>
    openNeuralScorers({
      sbert: null,
      bertscore: { folder: join(checkpoints, "bert-tiny"), ...bertscore, ...more },
      threads: 1,
    });
  assert.match(await refusal(open({})), /no layer for .*bert-tiny; name one with --layer N, from 0 to 5/);
  assert.match(await refusal(open({ layer: 6 })), /has 5 layers, so there is no layer 6/);
  assert.match(await refusal(open({ layer: 2, prefixSpace: true })), /--prefix-space has no meaning/);
  assert.match(await refusal(open({ layer: 2, baseline: "/no/such/table.tsv" })), /baseline .* cannot be read/);
});

test("a checkpoint in the Hub's cache, whose files are links out of the folder, scores the same", async (t) => {
  for (const name of ["mpnet-tiny", "xlm-roberta-tiny"]) {
    const cache = join(temporary(t), "models--someone--a-model");
    const snapshot = join(cache, "snapshots/0123abc");
    const blobs = join(cache, "blobs");
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(blobs);
    let count = 0;
    const link = (from: string, to: string) => {
      mkdirSync(to, { recursive: true });
      for (const entry of readdirSync(from, { withFileTypes: true })) {
        if (entry.isDirectory()) {
          link(join(from, entry.name), join(to, entry.name));
          continue;
        }
        count += 1;
        cpSync(join(from, entry.name), join(blobs, `${count}`));
        symlinkSync(join(blobs, `${count}`), join(to, entry.name));
      }
    };
    link(join(checkpoints, name), snapshot);
    assert.deepEqual(await scoreSbert(snapshot), await scoreSbert(join(checkpoints, name)));
  }
});

test("nothing is written into a checkpoint folder", async (t) => {
  const folder = copyOf(t, "bert-tiny");
  const state = () =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .sort()
      .map((name) => `${name} ${statSync(join(folder, name)).mtimeMs} ${statSync(join(folder, name)).size}`);
  const before = state();
  await scoreSbert(folder);
  const metrics = await openNeuralScorers({ sbert: null, bertscore: { folder, ...bertscore, layer: 2 }, threads: 1 });
  await metrics.bertscore?.scorer.score(PAIRS);
  await metrics.close();
  assert.deepEqual(state(), before);
});
