import assert from "node:assert/strict";
import { test } from "node:test";
import { PARSER_VERSION } from "../../parsing/index.js";
import { openStore } from "../../store/index.js";
import { makeEnded, makeReply, makeWriterOptions, runProgram } from "../../testing/index.js";
import { growSample } from "./grow-sample.js";
import { openDrill, sayPicture } from "./open-drill.js";

const CELLS = 30_000;
/** 4.4 kB. */
const TEXT = "All work and no play. ".repeat(200);
/** Less than the 132 MB of texts, where a process that held on to them would die; 64 was always enough to read them. */
const HEAP_MEGABYTES = 90;

test("C11: a run with more text than the heap may hold is read piece by piece", async (t) => {
  const drill = await openDrill(t, { script: sayPicture });
  assert.equal((await runProgram(["images", drill.recipe, "--out", drill.out])).code, 0);
  await growSample(drill.out, CELLS);
  await answerAll(drill.out);
  assert.ok(CELLS * TEXT.length > HEAP_MEGABYTES * 2 ** 20);
  const env = { NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}` };
  const { code, stdout, stderr } = await runProgram(["pairs", drill.out], { env });
  assert.equal(code, 0, stderr);
  assert.equal(stdout.split('"outcome":"answered"').length - 1, CELLS);
});

/** Gives every cell a long answer. */
async function answerAll(out: string): Promise<void> {
  const store = await openStore(out, { say: () => {} });
  const images = (await store.readSample()) ?? [];
  const writer = await store.openWriter(makeWriterOptions({ models: ["t"], parserVersion: PARSER_VERSION }));
  const reply = makeReply(`<think>a</think><answer>${TEXT}</answer>`);
  await Promise.all(images.map(({ id }) => writer.ended(makeEnded(id, writer.nextAttempt(), { model: "t", reply }))));
  await writer.close();
}
