import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { access, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { UserError } from "../records/index.js";
import { base64Length } from "./encode-base64.js";
import { ROOM } from "./picture-reader.js";
import { openPictureThread, type PictureThread } from "./picture-thread.js";
import type { WantedImage } from "./read-unchanged.js";
import { ImageChangedError, ImageGoneError } from "./read-unchanged.js";

const folder = await mkdtemp(join(tmpdir(), "picture-thread-"));
after(() => rm(folder, { recursive: true, force: true }));

const PICTURES = Array.from({ length: 40 }, (_, i) => randomBytes(1 + 5_000 * i));
for (const [i, bytes] of PICTURES.entries()) await writeFile(join(folder, `${i}.jpg`), bytes);
const SOURCES = [{ source: "folder", path: folder }] as const;
/** A thread that ends by itself. */
const ENDING = new URL("data:text/javascript,setTimeout(() => process.exit(3), 50)");
const SILENT = new URL(
  "data:text/javascript,import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => {})",
);
const THROWING = new URL("data:text/javascript,throw new Error('no memory')");

function imageOf(i: number, source = 0): WantedImage {
  const sha256 = createHash("sha256")
    .update(PICTURES[i] ?? "")
    .digest("hex");
  return { id: `p-${i}`, locator: { source, path: `${i}.jpg` }, sha256, checksum: null };
}

async function withThread(use: (thread: PictureThread) => Promise<void>, worker?: URL): Promise<void> {
  const thread = openPictureThread(SOURCES, worker === undefined ? {} : { worker });
  try {
    await use(thread);
  } finally {
    await thread.close();
  }
}

const bytesOf = (base64: Buffer) => Buffer.from(base64.toString("latin1"), "base64");

/** Bytes free on the side with fewer of them. */
function roomOf({ buffer, byteOffset, length }: Buffer = Buffer.alloc(0)): number {
  return Math.min(byteOffset, buffer.byteLength - byteOffset - length);
}

async function readsAll(thread: PictureThread): Promise<void> {
  const texts = await Promise.all(PICTURES.map((_, i) => thread.read(imageOf(i))));
  for (const [i, bytes] of PICTURES.entries()) {
    assert.deepEqual(texts[i]?.toString("latin1"), bytes.toString("base64"), `picture ${i}`);
    assert.ok(roomOf(texts[i]) >= ROOM, `room round picture ${i}`);
  }
}

test("pictures of any size come as base64 text, many at once", () => withThread(readsAll));

test("memory that is given back is used for another picture, and whoever looks there finds nothing", () =>
  withThread(async (thread) => {
    const first = await thread.read(imageOf(39));
    const size = first.buffer.byteLength;
    thread.giveBack(first);
    thread.giveBack(first);
    const second = await thread.read(imageOf(33));
    assert.equal(first.length, 0);
    assert.deepEqual(bytesOf(second), PICTURES[33]);
    assert.equal(second.buffer.byteLength, size, "the memory the first one had");
    await readsAll(thread);
    assert.deepEqual(bytesOf(second), PICTURES[33]);
  }));

test("memory of others is not taken, since it may belong to several", () =>
  withThread(async (thread) => {
    const other = Buffer.from("of the pool");
    thread.giveBack(other);
    await thread.read(imageOf(1));
    assert.equal(other.toString(), "of the pool");
  }));

test("what is wrong with a picture keeps its kind on the way, and the thread reads on", () =>
  withThread(async (thread) => {
    await mkdir(join(folder, "a-folder.jpg"));
    const changed = { ...imageOf(3), sha256: "0".repeat(64) };
    await assert.rejects(
      thread.read(changed),
      (error) => error instanceof ImageChangedError && !(error instanceof ImageGoneError) && /p-3 /.test(error.message),
    );
    for (const path of ["none.jpg", "a-folder.jpg"]) {
      await assert.rejects(thread.read({ ...imageOf(3), locator: { source: 0, path } }), ImageGoneError);
    }
    await assert.rejects(
      thread.read(imageOf(3, 7)),
      (error) => error instanceof UserError && /number 7/.test(error.message),
    );
    assert.deepEqual(bytesOf(await thread.read(imageOf(3))), PICTURES[3]);
  }));

for (const [how, worker, why] of [
  ["ends", ENDING, /exit code 3/],
  ["throws", THROWING, /no memory/],
  ["cannot be started", new URL("https://example.org/worker.js"), /URL/],
] as const) {
  test(`where the thread ${how}, everything is read here, also what it was asked for, and it is said once`, async () => {
    const said: string[] = [];
    const thread = openPictureThread(SOURCES, { worker, say: (sentence) => said.push(sentence) });
    await readsAll(thread);
    await readsAll(thread);
    await assert.rejects(thread.read({ ...imageOf(3), locator: { source: 0, path: "none.jpg" } }), ImageGoneError);
    await thread.close();
    assert.equal(said.length, 1);
    assert.match(said[0] ?? "", why);
  });
}

test("closing turns down what was not read, sent to the thread or not", async () => {
  const thread = openPictureThread(SOURCES, { worker: SILENT });
  const sent = assert.rejects(thread.read(imageOf(1)), /p-1 was not read/);
  await setTimeout(100);
  const unsent = assert.rejects(thread.read(imageOf(2)), /p-2 was not read/);
  await thread.close();
  await Promise.all([sent, unsent]);
});

test("a thread that was never needed is not started", async () => {
  const trace = join(folder, "started");
  const code = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(trace)}, "");`;
  const worker = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  await openPictureThread(SOURCES, { worker }).close();
  await assert.rejects(access(trace));
  const used = openPictureThread(SOURCES, { worker });
  await used.read(imageOf(1));
  await used.close();
  await access(trace);
});

/** Reads a picture and closes the thread in a process that has nothing else to do, started as scripts of one line are. */
const SCRIPT = `
  const { openPictureThread } = await import(${JSON.stringify(new URL("./picture-thread.js", import.meta.url).href)});
  const thread = openPictureThread(${JSON.stringify(SOURCES)}, { say: (sentence) => console.log(sentence) });
  const base64 = await thread.read(${JSON.stringify(imageOf(1))});
  // Their answers lie here already when the thread is closed.
  const late = ${JSON.stringify(PICTURES.map((_, i) => imageOf(i)))}.map((image) => thread.read(image));
  for (const one of late) one.catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  const until = performance.now() + 100;
  while (performance.now() < until);
  await thread.close();
  console.log("closed", base64.length);
`;

test("a process that waits for nothing but the thread lives until it has closed", () => {
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", SCRIPT], { encoding: "utf8" });
  assert.deepEqual([status, stdout], [0, `closed ${base64Length(PICTURES[1]?.length ?? 0)}\n`]);
});
