import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, test } from "node:test";
import { collect, makeAsked, makeEnded, makeReply, makeTally, makeWriterOptions } from "../testing/index.js";
import { type OpenStoreOptions, openStore, runTallies } from "./index.js";

let root = "";
let said: string[] = [];
const open = (options: Partial<OpenStoreOptions> = {}) =>
  openStore(root, { say: (sentence) => said.push(sentence), ...options });
const options = (change: Parameters<typeof makeWriterOptions>[0] = {}) =>
  makeWriterOptions({ say: (sentence) => said.push(sentence), ...change });

beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), "writer-")), "run");
  said = [];
});
afterEach(() => rm(join(root, ".."), { recursive: true, force: true }));

const INDEX = new URL("./index.js", import.meta.url).href;
const TESTING = new URL("../testing/index.js", import.meta.url).href;

/** A process that writes without end and prints each attempt once it is acknowledged. */
const ENDLESS = `
  const { openStore } = await import(${JSON.stringify(INDEX)});
  const { makeAsked, makeEnded, makeReply, makeTally, makeWriterOptions } = await import(${JSON.stringify(TESTING)});
  const [root, settings] = process.argv.slice(1);
  const { seal, limit = Infinity } = JSON.parse(settings);
  const store = await openStore(root, { say: (s) => console.log("SAY " + s), heartbeatMs: 20, seal });
  let counted = 0, next = 0;
  const writer = await store.openWriter(makeWriterOptions({ tallies: () => ({ glm: makeTally(counted) }) }));
  console.log("READY " + writer.id);
  async function lane() {
    while (next < limit) {
      const attempt = writer.nextAttempt();
      const image = "n02123045_" + next++;
      await writer.asked(makeAsked(image, attempt));
      console.log("ASKED " + attempt);
      await writer.ended(makeEnded(image, attempt, { reply: makeReply(image + " says 🐈 ".repeat(99)) }));
      counted += 1;
      console.log("ENDED " + attempt);
    }
  }
  try {
    await Promise.all(Array.from({ length: 8 }, lane));
  } catch (error) {
    console.log("FAULT " + error.name + " " + error.message);
  }
  await writer.close();
`;

interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: string[];
  waitFor(count: number, word: string): Promise<void>;
  closed: Promise<void>;
}

function startChild(settings: object, wrap: (command: string[]) => string[] = (command) => command): Child {
  const command = wrap([process.execPath, "--input-type=module", "-e", ENDLESS, root, JSON.stringify(settings)]);
  const child = spawn(command[0] ?? "", command.slice(1));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  const closed = once(reader, "close").then(() => undefined);
  child.stderr.on("data", (data: Buffer) => lines.push(`STDERR ${data}`));
  return {
    process: child,
    lines,
    closed,
    async waitFor(count, word) {
      for await (const _line of onLine(reader, closed)) {
        if (lines.filter((line) => line.startsWith(word)).length >= count) return;
      }
      assert.fail(`the child ended early: ${lines.slice(-3).join("\n")}`);
    },
  };
}

async function* onLine(reader: ReturnType<typeof createInterface>, closed: Promise<void>): AsyncGenerator<void> {
  for (let open = true; open; ) {
    yield;
    open = await Promise.race([once(reader, "line").then(() => true), closed.then(() => false)]);
  }
}

function words(lines: readonly string[], word: string): string[] {
  return lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
}

test("whatever was acknowledged before a SIGKILL is there afterwards, with its question and its tally", async () => {
  const acknowledged: string[] = [];
  const asked: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    const child = startChild({ seal: { rows: 40 } });
    await child.waitFor(20 + ((round * 37) % 150), "ENDED");
    child.process.kill("SIGKILL");
    await child.closed;
    acknowledged.push(...words(child.lines, "ENDED"));
    asked.push(...words(child.lines, "ASKED"));
  }
  const store = await open();
  const ended = await collect(store.attempts("glm"));
  const attempts = new Set(ended.map(({ attempt }) => attempt));
  assert.equal(attempts.size, ended.length);
  assert.deepEqual(
    acknowledged.filter((attempt) => !attempts.has(attempt)),
    [],
  );
  assert.ok(ended.every(({ image, reply }) => reply?.content === image + " says 🐈 ".repeat(99)));
  assert.equal((await collect(store.endings("glm"))).length, ended.length);

  const [{ glm: unanswered = 0 }, tallies] = await Promise.all([store.unanswered(), sumTallies("1")]);
  assert.ok(unanswered <= 10 * 8);
  assert.ok(asked.length <= ended.length + unanswered);
  assert.deepEqual(tallies.models.glm, makeTally(ended.length));
  assert.ok(
    said.every((sentence) => /cut off and is passed over/.test(sentence)),
    said.join("\n"),
  );

  const writer = await store.openWriter(options());
  await writer.close();
  const names = await readdir(join(root, "replies", "glm"));
  assert.deepEqual(
    names.filter((name) => !/^[a-z0-9]{9}-\d{6}\.(json|parquet)$/.test(name)),
    [],
  );
  assert.deepEqual(sorted(await collect(store.attempts("glm"))), sorted(ended));
  assert.deepEqual((await sumTallies("1")).models.glm, makeTally(ended.length));
  assert.equal((await store.unanswered()).glm, unanswered);
});

function sorted<T extends { attempt: string }>(attempts: readonly T[]): readonly T[] {
  return [...attempts].sort((a, b) => (a.attempt < b.attempt ? -1 : 1));
}

function sumTallies(parserVersion: string) {
  return runTallies(
    { path: root },
    { parserVersion, tallyTail: (_model, ended) => makeTally(ended.length), say: (sentence) => said.push(sentence) },
  );
}

test("a reader beside a process that writes and seals sees every acknowledged attempt, and never fewer than before", async () => {
  const child = startChild({ seal: { rows: 30 } });
  await child.waitFor(1, "ENDED");
  const store = await open();
  let before = 0;
  for (let look = 0; look < 25; look += 1) {
    const acknowledged = words(child.lines, "ENDED");
    const rows = look % 2 === 0 ? await collect(store.attempts("glm")) : await collect(store.endings("glm"));
    const seen = new Set(rows.map(({ attempt }) => attempt));
    assert.deepEqual(
      acknowledged.filter((attempt) => !seen.has(attempt)),
      [],
    );
    assert.ok(seen.size >= before);
    before = seen.size;
    const counted = (await sumTallies("1")).models.glm?.attempts ?? 0;
    assert.ok(counted >= acknowledged.length);
  }
  child.process.kill("SIGKILL");
  await child.closed;
  assert.deepEqual(
    said.filter((sentence) => !/cut off/.test(sentence)),
    [],
  );
});

test("a disk that is full stops the writer with the path and the system's words, and costs no acknowledged reply", async () => {
  const child = startChild({ seal: { rows: 1e9 } }, (command) => [
    "bash",
    "-c",
    'ulimit -f 100; exec "$@"',
    "bash",
    ...command,
  ]);
  await child.closed;
  const [fault = ""] = words(child.lines, "FAULT");
  assert.match(fault, /^UserError cannot write .*replies\/glm\/\w+-000001\.jsonl: EFBIG: file too large.*ulimit -f/);
  const attempts = new Set((await collect((await open()).attempts("glm"))).map(({ attempt }) => attempt));
  const acknowledged = words(child.lines, "ENDED");
  assert.ok(acknowledged.length > 10);
  assert.deepEqual(
    acknowledged.filter((attempt) => !attempts.has(attempt)),
    [],
  );
  const writer = await (await open()).openWriter(options());
  await writer.close();
  assert.equal((await collect((await open()).endings("glm"))).length, attempts.size);
});

test("of processes that start together exactly one gets the shard, and the others name it", async () => {
  const stores = await Promise.all(Array.from({ length: 6 }, () => open()));
  const starts = await Promise.allSettled(stores.map((store) => store.openWriter(options())));
  const writers = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  const refusals = starts.flatMap((start) => (start.status === "rejected" ? [String(start.reason)] : []));
  assert.equal(writers.length, 1);
  for (const refusal of refusals) {
    assert.match(refusal, new RegExp(`UserError: .*process ${process.pid} on ${hostname()} \\(shard 0/1, since 20`));
  }
  await writers[0]?.close();
  const children = [startChild({ limit: 3 }), startChild({ limit: 3 }), startChild({ limit: 3 })];
  await Promise.all(children.map(({ closed }) => closed));
  const ready = children.filter(({ lines }) => words(lines, "READY").length > 0);
  assert.ok(ready.length >= 1);
  assert.equal((await collect((await open()).endings("glm"))).length, 3 * ready.length);
});

/** Leaves a claim behind as if its process were elsewhere, or long gone. */
async function leaveClaim(claim: object, state: object = {}): Promise<void> {
  const writer = await (await open()).openWriter(options());
  await writer.close();
  const path = join(root, "writers", "claims", "000001.json");
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), ...claim }));
  await touchState(writer.id, { state: "writing", heartbeatAt: new Date().toISOString(), ...state });
}

async function touchState(writer: string, change: object): Promise<void> {
  const path = join(root, "writers", `${writer}.json`);
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), ...change }));
}

test("a shard of a dead process is free at once, also where its pid belongs to another process now", async () => {
  await leaveClaim({ processStart: "1" });
  await (await (await open()).openWriter(options())).close();
  assert.match(said[0] ?? "", new RegExp(`process ${process.pid} on .* ended without closing; its records are kept`));
  assert.equal(said.length, 1);
});

/** The clock of a machine that runs ahead, so that a slow test machine never finds the heartbeat stale by its own clock. */
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();

test("a writer on another machine is waited for until its heart has not beaten for long enough", async () => {
  await leaveClaim({ host: "node7" }, { heartbeatAt: inHours(1) });
  await assert.rejects((await open({ waitForStale: false })).openWriter(options()), {
    name: "UserError",
    message: /is being written by process \d+ on node7 \(shard 0\/1, since/,
  });
  await (await (await open({ staleMs: 100 })).openWriter(options())).close();
  assert.match(said[0] ?? "", /node7 .*cannot be seen from here; waiting up to 1 s for its heartbeat/);
  assert.match(said[1] ?? "", /node7 .*ended without closing/);
});

test("a writer on another machine whose heart beats while we watch is alive", async () => {
  await leaveClaim({ host: "node7" }, { heartbeatAt: inHours(1) });
  const store = await open({ staleMs: 2000 });
  const [info] = await store.writers();
  const beat = () => touchState(info?.writer ?? "", { heartbeatAt: inHours(2) });
  const start = store.openWriter(options({ say: (sentence) => void (/cannot be seen/.test(sentence) && beat()) }));
  await assert.rejects(start, { name: "UserError", message: /node7/ });
});

test("a stale heartbeat of another machine does not wait", async () => {
  await leaveClaim({ host: "node7" }, { heartbeatAt: "2026-01-01T00:00:00.000Z" });
  await (await (await open()).openWriter(options())).close();
  assert.match(said.join("\n"), /node7 .*ended without closing/);
});

test("the same scheduler job takes its shard over at once", async () => {
  await leaveClaim({ host: "node7", job: "SLURM_JOB_ID=42" });
  process.env.SLURM_JOB_ID = "42";
  try {
    const writer = await (await open({ waitForStale: false })).openWriter(options());
    await writer.close();
  } finally {
    delete process.env.SLURM_JOB_ID;
  }
});

test("a claim that was cut off while it was written keeps nobody out", async () => {
  await leaveClaim({});
  const path = join(root, "writers", "claims", "000001.json");
  await writeFile(path, "");
  await utimes(path, 1e9, 1e9);
  await (await (await open()).openWriter(options())).close();
  assert.deepEqual(await readdir(join(root, "writers", "claims")), ["000001.json", "000002.json"]);
});

test("a writer that was taken for dead stops as soon as it notices", async () => {
  const store = await open({ heartbeatMs: 5 });
  const writer = await store.openWriter(options());
  const claims = join(root, "writers", "claims");
  const mine = JSON.parse(await readFile(join(claims, "000001.json"), "utf8"));
  await writeFile(join(claims, "000002.json"), JSON.stringify({ ...mine, number: 2, host: "node8", pid: 7 }));
  await assert.rejects(
    async () => {
      for (;;) await writer.asked(makeAsked("n02123045_1", writer.nextAttempt()));
    },
    { name: "UserError", message: /taken over by process 7 on node8/ },
  );
  await writer.close();
});

test("a writer whose loop stood still records nothing before it has looked who was let in meanwhile", async () => {
  const store = await open({ heartbeatMs: 20 });
  const writer = await store.openWriter(options());
  const claims = join(root, "writers", "claims");
  const mine = JSON.parse(await readFile(join(claims, "000001.json"), "utf8"));
  await writeFile(join(claims, "000002.json"), JSON.stringify({ ...mine, number: 2, host: "node8", pid: 7 }));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
  await assert.rejects(
    writer.ended(makeEnded("n02123045_1", writer.nextAttempt())),
    /taken over by process 7 on node8/,
  );
  await writer.close();
  assert.deepEqual(await collect(store.endings("glm")), []);
});

test("full journals are sealed while the next is written, in order, and requests without an end survive it", async () => {
  const store = await open({ seal: { rows: 10 } });
  const writer = await store.openWriter(options());
  const lost = writer.nextAttempt();
  await writer.asked(makeAsked("n02123045_777", lost));
  const written: string[] = [];
  for (let number = 0; number < 35; number += 1) {
    const attempt = writer.nextAttempt();
    written.push(attempt);
    await writer.asked(makeAsked(`n02123045_${number}`, attempt));
    await writer.ended(makeEnded(`n02123045_${number}`, attempt));
  }
  await writer.close();
  const names = (await readdir(join(root, "replies", "glm"))).sort();
  assert.deepEqual(
    names,
    [1, 2, 3, 4].flatMap((number) => ["json", "parquet"].map((ending) => `${writer.id}-00000${number}.${ending}`)),
  );
  assert.deepEqual(
    (await collect(store.endings("glm"))).map(({ attempt }) => attempt),
    written,
  );
  assert.deepEqual(
    (await collect(store.attempts("glm"))).map(({ attempt }) => attempt),
    written,
  );
  assert.deepEqual(await store.unanswered(), { glm: 1 });
  assert.deepEqual(await store.attemptsOf("n02123045_777", "glm"), [
    { event: "asked", ...makeAsked("n02123045_777", lost) },
  ]);
  assert.deepEqual(said, []);
});

test("a sealing process that dies at any moment leaves the journal, and a later start seals it", async () => {
  const killer = join(root, "..", "killer.cjs");
  await writeFile(killer, "setTimeout(() => process.kill(process.pid, 'SIGKILL'), Math.random() * 300).unref();");
  process.env.NODE_OPTIONS = `--require ${killer}`;
  const store = await open({ seal: { rows: 4 } });
  try {
    const writer = await store.openWriter(options());
    for (let number = 0; number < 20; number += 1) {
      await writer.ended(makeEnded(`n02123045_${number}`, writer.nextAttempt()));
    }
    await writer.close();
  } finally {
    delete process.env.NODE_OPTIONS;
  }
  const before = await collect(store.attempts("glm"));
  assert.equal(before.length, 20);
  assert.ok(
    said.every((sentence) => /could not be sealed and stays as it is: .*SIGKILL/.test(sentence)),
    said.join("\n"),
  );
  await (await store.openWriter(options())).close();
  assert.deepEqual(await collect(store.attempts("glm")), before);
  const names = await readdir(join(root, "replies", "glm"));
  assert.deepEqual(
    names.filter((name) => !/\.(json|parquet)$/.test(name)),
    [],
  );
});

test("a damaged line in the middle is said once, costs only itself, and its journal is kept when sealed", async () => {
  const child = startChild({ seal: { rows: 1e9 } });
  await child.waitFor(20, "ENDED");
  child.process.kill("SIGKILL");
  await child.closed;
  const store = await open();
  const before = await collect(store.attempts("glm"));
  said = [];
  const [name = ""] = await readdir(join(root, "replies", "glm"));
  const path = join(root, "replies", "glm", name);
  const text = await readFile(path, "latin1");
  const victim = before[5]?.attempt ?? "";
  const at = text.indexOf(`"ended","model":"glm","attempt":"${victim}"`);
  await writeFile(path, `${text.slice(0, at)}#${text.slice(at + 1)}`, "latin1");
  const rest = before.filter(({ attempt }) => attempt !== victim);
  const other = await open();
  assert.deepEqual(await collect(other.attempts("glm")), rest);
  assert.deepEqual(await collect(other.endings("glm")).then((rows) => rows.length), rest.length);
  assert.equal(said.filter((sentence) => /bytes at byte \d+ are damaged and were left out/.test(sentence)).length, 1);
  await (await other.openWriter(options())).close();
  assert.deepEqual(await collect(other.attempts("glm")), rest);
  assert.ok((await readdir(join(root, "replies", "glm"))).includes(`${name}.damaged`));
});

test("tallies count what ended after the last heartbeat, and tell when another parser counted", async () => {
  const store = await open({ heartbeatMs: 1e6 });
  let counted = 0;
  const writer = await store.openWriter(options({ tallies: () => ({ glm: makeTally(counted) }) }));
  for (let number = 0; number < 7; number += 1) {
    await writer.ended(makeEnded(`n02123045_${number}`, writer.nextAttempt()));
    counted += 1;
  }
  assert.deepEqual(await sumTallies("1"), { models: { glm: makeTally(7) }, sameParser: true });
  await writer.close();
  assert.deepEqual(await sumTallies("1"), { models: { glm: makeTally(7) }, sameParser: true });
  assert.equal((await sumTallies("2")).sameParser, false);
});

test("a writer of many megabytes says how far it is between two heartbeats, so that little is left to count", async () => {
  const store = await open({ heartbeatMs: 1e6 });
  let counted = 0;
  const writer = await store.openWriter(options({ tallies: () => ({ glm: makeTally(counted) }) }));
  const megabyte = makeReply("x".repeat(1024 * 1024));
  for (let number = 0; number < 3; number += 1) {
    await writer.ended(makeEnded(`n02123045_${number}`, writer.nextAttempt(), { reply: megabyte }));
    counted += 1;
  }
  const told = async () =>
    (await store.writers()).find((state) => state.writer === writer.id)?.tallies.glm?.attempts ?? 0;
  while ((await told()) === 0);
  assert.equal(await told(), 2);
  assert.deepEqual(await sumTallies("1"), { models: { glm: makeTally(3) }, sameParser: true });
  await writer.close();
  assert.equal(await told(), 3);
});

test("faults are one plain line each in the writer's log", async () => {
  const store = await open();
  const writer = await store.openWriter(options());
  const fault = { kind: "busy" as const, message: "429\n\u001b[31mslow down", body: null };
  const attempt = writer.nextAttempt();
  await writer.ended(makeEnded("n02123045_1", attempt, { reply: null, fault }));
  await writer.close();
  const log = await readFile(join(root, "writers", `${writer.id}.log`), "utf8");
  assert.equal(
    log,
    `2026-01-02T12:00:02.000Z\tglm\thttp://127.0.0.1:8000/v1\tn02123045_1\t${attempt}\tbusy\t"429\\n\\u001b[31mslow down"\n`,
  );
});

test("a model's name cannot lead out of the run folder", async () => {
  const store = await open();
  await assert.rejects(store.openWriter(options({ models: ["../../etc"] })), { name: "UserError" });
  await assert.rejects(store.attemptsOf("n1_1", ".."), { name: "UserError" });
});

test("a segment of a newer program, or one that is gone, is named", async () => {
  const store = await open();
  const writer = await store.openWriter(options());
  await writer.ended(makeEnded("n02123045_1", writer.nextAttempt(), { reply: makeReply("x") }));
  await writer.close();
  const base = join(root, "replies", "glm", `${writer.id}-000001`);
  const info = JSON.parse(await readFile(`${base}.json`, "utf8"));
  assert.deepEqual([info.rows, info.asked, info.damaged, info.sha256.length], [1, 0, 0, 64]);
  await writeFile(`${base}.parquet`, "PAR1 nonsense PAR1");
  await assert.rejects(collect(store.endings("glm")), {
    name: "UserError",
    message: /000001\.parquet is not a readable/,
  });
  await rm(`${base}.parquet`);
  await assert.rejects(collect(store.endings("glm")), { name: "UserError", message: /000001\.parquet is gone/ });
  await writeFile(`${base}.json`, JSON.stringify({ ...info, formatVersion: 9 }));
  await assert.rejects(collect(store.endings("glm")), { name: "UserError", message: /newer version.*upgrade/ });
});
