import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { UserError } from "../../records/index.js";
import { type ScoreFileOptions, scoreFile } from "../score-file.js";
import { noNeuralChoice } from "./neural-choice.js";

const bertTiny = fileURLToPath(new URL("../../../src/scoring/fixtures/checkpoints/bert-tiny", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "neural-file-"));
after(() => rmSync(folder, { recursive: true }));

let made = 0;

function write(lines: readonly string[]): string {
  made += 1;
  const path = join(folder, `${made}.jsonl`);
  writeFileSync(path, lines.join("\n"));
  return path;
}

function lineOf(id: string, reference: string | null, hypothesis: string | null): string {
  return JSON.stringify({ id, reference, hypothesis });
}

function job(file: string, change: Partial<ScoreFileOptions> = {}): ScoreFileOptions & { readonly out: string } {
  made += 1;
  return {
    file,
    metrics: ["rouge-1", "sbert", "jaccard", "bertscore"],
    options: {},
    neural: { ...noNeuralChoice, sbert: bertTiny, bertscore: bertTiny, layer: 3 },
    seed: 42,
    threads: 2,
    referenceField: "reference",
    hypothesisField: "hypothesis",
    say: () => {},
    onProgress: () => {},
    ...change,
    out: join(folder, `${made}.scores`),
  };
}

type Row = Record<string, { precision: number | null; recall: number | null; f1: number } | number | null>;

function rowsOf(path: string): Row[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line): Row => JSON.parse(line));
}

const MANY = Array.from({ length: 160 }, (_, at) =>
  lineOf(
    `p${at}`,
    `${"Boats lie on the sand. ".repeat(60 + (at % 9))}${at >> 2}`,
    `${"On the sand, boats. ".repeat(70)}${at}`,
  ),
);

test("lines hold all metrics in the order asked, whichever way they are scored; a text that is not known scores null", async () => {
  const wanted = job(
    write([
      lineOf("a", "Three boats lie here.", "Here lie boats."),
      lineOf("b", null, "x"),
      lineOf("c", "A dog.", "A dog."),
    ]),
  );
  const { summary } = await scoreFile(wanted);
  const rows = rowsOf(wanted.out);
  assert.deepEqual(
    rows.map((row) => Object.keys(row)),
    Array(3).fill(["id", "rouge-1", "sbert", "jaccard", "bertscore"]),
  );
  assert.deepEqual({ ...rows[1], id: "" }, { id: "", "rouge-1": null, sbert: null, jaccard: null, bertscore: null });
  assert.ok(Math.abs((rows[2]?.sbert as number) - 1) < 1e-6);
  const { sbert, jaccard } = summary?.metrics ?? {};
  assert.deepEqual([sbert?.scored, sbert?.unscored, sbert?.truncated?.reference.texts], [2, 1, 2]);
  assert.equal(jaccard?.truncated, undefined);
});

test("an interrupted file goes on with the same numbers, and counts what was not seen over both starts", async () => {
  const input = write(MANY);
  const whole = job(input);
  const done = await scoreFile(whole);
  const stopper = new AbortController();
  const cut = job(input, { onProgress: () => stopper.abort(), signal: stopper.signal });
  const stopped = await scoreFile(cut);
  assert.equal(stopped.summary, null);
  assert.ok(stopped.pairs > 0 && stopped.pairs < MANY.length, `${stopped.pairs}`);
  const { signal: _signal, ...again } = cut;
  const rest = await scoreFile({ ...again, onProgress: () => {} });
  assert.equal(rest.pairsBefore, stopped.pairs);
  assert.equal(readFileSync(cut.out, "utf8"), readFileSync(whole.out, "utf8"));
  assert.deepEqual(rest.summary, done.summary);
  assert.ok((rest.summary?.metrics.sbert?.truncated?.reference.unseenShare ?? 0) > 0.5);
});

test("a line that cannot be read ends it with its number, and what was scored before is kept", async () => {
  const wanted = job(write([...MANY.slice(0, 3), "{", ...MANY.slice(3, 5)]));
  await assert.rejects(
    scoreFile(wanted),
    (error: unknown) => error instanceof UserError && /line 4 is not JSON/.test(error.message),
  );
  assert.equal(rowsOf(wanted.out).length, 3);
});

test("idf is taken from the references of the file; a number that the library leaves NaN is null, and the pair is counted as unscored", async () => {
  const wanted = job(write([lineOf("a", "stone", "bridge over water")]), {
    metrics: ["bertscore"],
    neural: { ...noNeuralChoice, bertscore: bertTiny, layer: 3, idf: true },
  });
  const { summary } = await scoreFile(wanted);
  const score = rowsOf(wanted.out)[0]?.bertscore;
  assert.ok(typeof score === "object" && score !== null);
  // 0.53926605 is what bert_score 0.3.13 gives; its F is 0 where precision or recall is NaN.
  assert.ok(Math.abs((score.precision ?? 0) - 0.53926605) < 1e-5);
  assert.deepEqual([score.recall, score.f1], [null, 0]);
  const { bertscore } = summary?.metrics ?? {};
  assert.deepEqual([bertscore?.scored, bertscore?.unscored, bertscore?.mean], [0, 1, null]);
  assert.equal(bertscore?.protocol.documents, 1);
});

test("a choice without effect, a metric without its folder and an unknown metric are refused", async () => {
  const input = write(MANY.slice(0, 1));
  const refusal = async (change: Partial<ScoreFileOptions>) => {
    const error: unknown = await scoreFile(job(input, change)).then(
      () => null,
      (fault: unknown) => fault,
    );
    return error instanceof Error ? `${error.name}: ${error.message}` : "none";
  };
  const neural = { ...noNeuralChoice, sbert: bertTiny };
  assert.match(
    await refusal({ metrics: ["bertscore"], neural: noNeuralChoice }),
    /UsageError: bertscore needs .* --bertscore DIR/,
  );
  assert.match(await refusal({ metrics: ["jaccard"], neural }), /UsageError: --sbert is for sbert/);
  assert.match(
    await refusal({ metrics: ["sbert"], neural: { ...neural, idf: true } }),
    /UsageError: --idf is for bertscore/,
  );
  assert.match(
    await refusal({ metrics: ["sbert"], neural: { ...neural, serverTolerance: 0.1 } }),
    /UsageError: --server-tolerance is for/,
  );
  assert.match(await refusal({ metrics: ["sbert"], neural, options: { stem: true } }), /UsageError: --stem is for/);
  assert.match(
    await refusal({ metrics: ["jaccard"], neural: noNeuralChoice, options: { tfidfScope: "pair" } }),
    /UsageError: --tfidf-scope is for tfidf/,
  );
  assert.match(
    await refusal({ metrics: ["sbrt"], neural: noNeuralChoice }),
    /UsageError: "sbrt" is not a metric; did you mean "sbert"/,
  );
});
