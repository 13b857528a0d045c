// Writes made-up replies through a real writer with 64 in flight, sealing as a run does, then reads them back:
// acknowledged replies a second, bytes written for each byte of reply, and how long `status` and a resume take.
// `node bench/journal.js [--dist DIR] [--replies 20000] [--bytes 5000] [--cells 500000]`
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    dist: { type: "string", default: "dist" },
    replies: { type: "string", default: "20000" },
    bytes: { type: "string", default: "5000" },
    cells: { type: "string", default: "500000" },
  },
});
const { openStore, runTallies, EMPTY_TALLY } = await import(pathToFileURL(resolve(values.dist, "store/index.js")).href);
const IN_FLIGHT = 64;
const folder = mkdtempSync(join(tmpdir(), "journal-bench-"));

let random = 1;
const next = () => {
  random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
  return random / 2 ** 32;
};
const words = Array.from({ length: 8000 }, () =>
  Math.floor(next() * 36 ** 7)
    .toString(36)
    .slice(0, 2 + Math.floor(next() * 7)),
);
const sentence = (bytes) => {
  let text = "";
  while (text.length < bytes) text += `${words[Math.floor(next() ** 3 * words.length)]} `;
  return text.slice(0, bytes);
};
const noise = (bytes) =>
  Array.from({ length: bytes }, () => String.fromCharCode(33 + Math.floor(next() * 90))).join("");
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(2)} s`;
const resident = () => `${Math.round(process.memoryUsage().rss / 1e6)} MB resident`;

async function write(name, replies, texts) {
  const root = join(folder, name);
  const store = await openStore(root, { say: console.log });
  let done = 0;
  const tallies = () => ({
    glm: { ...EMPTY_TALLY, outcomes: { ...EMPTY_TALLY.outcomes, answered: done }, attempts: done },
  });
  const writer = await store.openWriter({
    shard: { index: 0, count: 1 },
    models: ["glm"],
    parserVersion: "1",
    tallies,
    say: console.log,
  });
  let given = 0;
  let waited = 0;
  const lane = async () => {
    while (given < replies) {
      const number = given++;
      const attempt = writer.nextAttempt();
      const asked = {
        image: `n02123045_${number}`,
        model: "glm",
        attempt,
        round: 0,
        key: `${number}`.padStart(64, "a"),
        endpoint: "http://127.0.0.1:8000/v1",
        askedAt: "2026-01-02T12:00:00.000Z",
      };
      await writer.asked(asked);
      const since = performance.now();
      await writer.ended({
        ...asked,
        firstTokenAt: "2026-01-02T12:00:01.000Z",
        endedAt: "2026-01-02T12:00:02.000Z",
        status: 200,
        reply: {
          content: texts[number % texts.length],
          reasoning: null,
          reasoningField: null,
          finishReason: number % 50 ? "stop" : "length",
          promptTokens: 700,
          completionTokens: number % 4000,
          model: "zai-org/GLM-4.1V-9B-Thinking",
          id: `chatcmpl-${number}`,
        },
        fault: null,
        countsAsTry: false,
        preparedSha256: `${number}`.padStart(64, "b"),
      });
      waited += performance.now() - since;
      done += 1;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const perSecond = Math.round(replies / ((performance.now() - start) / 1000));
  const closing = performance.now();
  await writer.close();
  const files = readdirSync(join(root, "replies", "glm")).map((file) => join(root, "replies", "glm", file));
  const journals = files
    .filter((file) => file.endsWith(".json"))
    .map((file) => JSON.parse(readFileSync(file, "utf8")).journalBytes);
  const sealed = files.filter((file) => file.endsWith(".parquet")).map((file) => statSync(file).size);
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const bytes = replies * texts[0].length;
  console.log(
    `${name}: ${replies} replies of ${texts[0].length} bytes, ${IN_FLIGHT} in flight: ${perSecond} acknowledged a second, ` +
      `${(waited / replies).toFixed(1)} ms each, last seal ${seconds(closing)}, ${resident()}`,
  );
  console.log(
    `${name}: for each byte of reply ${(sum(journals) / bytes).toFixed(2)} bytes of journal + ` +
      `${(sum(sealed) / bytes).toFixed(2)} of segment = ${((sum(journals) + sum(sealed)) / bytes).toFixed(2)}, ${sealed.length} segments`,
  );
  return store;
}

async function timed(what, read) {
  const start = performance.now();
  const answer = await read();
  console.log(`${what}: ${answer} in ${seconds(start)}, ${resident()}`);
}

async function count(batches) {
  let rows = 0;
  for await (const batch of batches) rows += batch.length;
  return `${rows} rows`;
}

try {
  const replies = Number(values.replies);
  const bytes = Number(values.bytes);
  const store = await write(
    "words",
    replies,
    Array.from({ length: 500 }, () => sentence(bytes)),
  );
  await timed("words: attempts with texts", () => count(store.attempts("glm")));
  await write(
    "noise",
    Math.ceil(replies / 4),
    Array.from({ length: 5000 }, () => noise(bytes)),
  );
  const cells = Number(values.cells);
  if (cells > 0) {
    const large = await write(
      "cells",
      cells,
      Array.from({ length: 5000 }, () => sentence(300)),
    );
    const options = { parserVersion: "1", tallyTail: () => EMPTY_TALLY, say: console.log };
    await timed("cells: status", async () => (await runTallies(large, options)).models.glm.outcomes.answered);
    await timed("cells: endings (a resume)", () => count(large.endings("glm")));
    await timed("cells: unanswered", async () => JSON.stringify(await large.unanswered()));
    await timed(
      "cells: one cell",
      async () => `${(await large.attemptsOf(`n02123045_${cells - 1}`, "glm")).length} event`,
    );
    await timed("cells: attempts with texts", () => count(large.attempts("glm")));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
