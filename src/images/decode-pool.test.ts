import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { type CatalogImage, type SampleImage, UserError, type Verdict } from "../records/index.js";
import { DecodeError } from "./decode-error.js";
import { type DecodePool, openDecodePool } from "./decode-pool.js";
import { ImageChangedError, ImageGoneError } from "./read-unchanged.js";
import { corners, OPEN_GATE, pngHeader } from "./test-pictures.js";

let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "decode-pool-"));
  const good = await corners(64, 48).jpeg().toBuffer();
  const slow = await corners(500, 400).resize(5000, 4000).png({ compressionLevel: 1 }).toBuffer();
  const files = {
    "good.jpg": good,
    "turned.jpg": await corners(64, 48).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    "cut.jpg": good.subarray(0, good.length - 9),
    "empty.jpg": Buffer.alloc(0),
    "bomb.jpg": pngHeader(30_000, 30_000),
    "slow.jpg": slow,
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
});

after(() => rm(folder, { recursive: true }));

function picture(path: string): CatalogImage {
  return { id: `p-${path.replace(".", "-")}`, class: null, fileName: path, locator: { source: 0, path } };
}

async function withPool<T>(use: (pool: DecodePool) => Promise<T>, limitMs = 30_000, size = 2): Promise<T> {
  const pool = openDecodePool({ sources: [{ source: "folder", path: folder }], gate: OPEN_GATE, size, limitMs });
  return use(pool).finally(pool.close);
}

function outcome({ accepted, rejected }: Verdict): string {
  return accepted === null ? (rejected?.reason ?? "neither") : accepted.preparation;
}

async function sampled(pool: DecodePool, path: string): Promise<SampleImage> {
  const { accepted, rejected: _, ...image } = await pool.inspect(picture(path));
  assert.ok(accepted);
  return { ...image, ...accepted, weight: 1, review: false };
}

/** Resolves when the pool has another set of workers than `old`. */
async function othersThan(pool: DecodePool, old: readonly number[]): Promise<void> {
  while (pool.pids().some((pid) => old.includes(pid))) await new Promise(setImmediate);
}

test("every request gets the verdict on its own picture, in whatever order they finish", async () => {
  await withPool(async (pool) => {
    const wanted: Record<string, string> = {
      "good.jpg": "as-is/1",
      "turned.jpg": "plain-jpeg/1",
      "cut.jpg": "truncated-file",
      "empty.jpg": "empty-file",
      "bomb.jpg": "too-large",
    };
    const asked = Array.from({ length: 8 }, () => Object.keys(wanted)).flat();
    const verdicts = await Promise.all(asked.map((path) => pool.inspect(picture(path))));
    assert.deepEqual(
      verdicts.map(outcome),
      asked.map((path) => wanted[path]),
    );
    assert.deepEqual(
      verdicts.map(({ fileName }) => fileName),
      asked,
    );
    const [first] = verdicts;
    assert.deepEqual({ ...first, accepted: null }, { ...picture("good.jpg"), accepted: null, rejected: null });
  });
});

test("a prepared picture comes home as text, with its type and hash; so do a thumbnail and a hash", async () => {
  await withPool(async (pool) => {
    const turned = await pool.prepare(await sampled(pool, "turned.jpg"));
    assert.equal(turned.mime, "image/jpeg");
    assert.ok(Buffer.isBuffer(turned.base64));
    const bytes = Buffer.from(turned.base64.toString("latin1"), "base64");
    assert.equal(createHash("sha256").update(bytes).digest("hex"), turned.sha256);
    const { width, height } = await sharp(bytes).metadata();
    assert.deepEqual([width, height], [48, 64]);
    const good = await sampled(pool, "good.jpg");
    assert.equal((await pool.prepare(good)).sha256, good.sha256);
    assert.equal((await sharp(await pool.thumbnail(good, 20)).metadata()).width, 20);
    assert.match(await pool.hash(good), /^[0-9a-f]{16}$/);
  });
});

test("a picture that changed after the gate is not prepared", async () => {
  await withPool(async (pool) => {
    await writeFile(join(folder, "moving.jpg"), await corners(40, 40).jpeg().toBuffer());
    const image = await sampled(pool, "moving.jpg");
    await writeFile(join(folder, "moving.jpg"), await corners(40, 41).jpeg().toBuffer());
    await assert.rejects(pool.prepare(image), ImageChangedError);
    await assert.rejects(pool.thumbnail(image, 20), ImageChangedError);
    await assert.rejects(pool.hash(image), ImageChangedError);
  });
});

test("a picture that is gone after the gate says so, also where it must be made plain", async () => {
  await withPool(async (pool) => {
    await writeFile(
      join(folder, "going.jpg"),
      await corners(40, 40).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    );
    const image = await sampled(pool, "going.jpg");
    assert.equal(image.preparation, "plain-jpeg/1");
    await rm(join(folder, "going.jpg"));
    await assert.rejects(pool.prepare(image), ImageGoneError);
  });
});

test("a picture that cannot be read is an error a person can act on", async () => {
  await withPool(async (pool) => {
    await assert.rejects(pool.inspect(picture("gone.jpg")), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /gone\.jpg/);
      return true;
    });
    assert.equal(outcome(await pool.inspect(picture("good.jpg"))), "as-is/1", "the pool goes on");
  });
});

test("workers that are killed are replaced and no picture suffers", async () => {
  await withPool(async (pool) => {
    await pool.inspect(picture("good.jpg"));
    const asked = ["slow.jpg", ...Array.from({ length: 20 }, () => "good.jpg")];
    const verdicts = Promise.all(asked.map((path) => pool.inspect(picture(path))));
    const old = pool.pids();
    for (const pid of old) process.kill(pid, "SIGKILL");
    assert.ok((await verdicts).every(({ accepted }) => accepted !== null));
    await othersThan(pool, old);
  });
});

test("a picture over which the decoder dies again, alone, is undecodable, and its neighbours are not", async () => {
  await withPool(
    async (pool) => {
      await pool.inspect(picture("good.jpg"));
      const slow = pool.inspect(picture("slow.jpg"));
      await killAll(pool);
      // Behind it from now on: a neighbour that was struck with it could be the one at work when the next worker is killed.
      const neighbours = Promise.all(Array.from({ length: 3 }, () => pool.inspect(picture("good.jpg"))));
      await killAll(pool);
      assert.ok((await neighbours).every(({ accepted }) => accepted !== null));
      const { rejected } = await slow;
      assert.equal(rejected?.reason, "undecodable");
      assert.match(rejected.detail, /the decoder died on it \(SIGKILL\)/);
    },
    30_000,
    1,
  );
});

/** Kills the workers the moment they are ready, at which they have been given their work, and waits until they are gone. */
async function killAll(pool: DecodePool): Promise<void> {
  while (pool.pids().length === 0) await new Promise(setImmediate);
  const pids = pool.pids();
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await othersThan(pool, pids);
}

test("a picture that takes too long is undecodable, and the worker that hangs on it is replaced", async () => {
  await withPool(
    async (pool) => {
      const { rejected } = await pool.inspect(picture("slow.jpg"));
      assert.equal(rejected?.reason, "undecodable");
      assert.match(rejected.detail, /^took longer than 0\.\d+ s$/);
    },
    20,
    1,
  );
});

test("a prepared picture that takes the decoder down is an error of its own kind", async () => {
  const image = await withPool((pool) => sampled(pool, "slow.jpg"));
  const plain = { ...image, preparation: "plain-jpeg/1" };
  await withPool((pool) => assert.rejects(pool.prepare(plain), DecodeError), 20, 1);
});

test("closing turns down what waits and ends every worker", async () => {
  const pool = openDecodePool({ sources: [{ source: "folder", path: folder }], gate: OPEN_GATE, size: 2 });
  await pool.inspect(picture("good.jpg"));
  const pids = pool.pids();
  const waiting = Array.from({ length: 30 }, () => pool.inspect(picture("slow.jpg")));
  const settled = Promise.allSettled(waiting);
  await pool.close();
  await pool.close();
  assert.ok((await settled).every(({ status }) => status === "rejected"));
  assert.deepEqual(pool.pids(), []);
  for (const pid of pids) assert.throws(() => process.kill(pid, 0));
  await assert.rejects(pool.inspect(picture("good.jpg")), /closed/);
});

test("a decoder that does not start is said, with its own words", async () => {
  const before = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = "--require=/no/such/module.cjs";
  try {
    await withPool((pool) =>
      assert.rejects(pool.inspect(picture("good.jpg")), (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /decoder does not start .*no\/such\/module/s);
        return true;
      }),
    );
  } finally {
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
  }
});

test("workers end when their parent is killed", async () => {
  const code = `
    const { openDecodePool } = await import(${JSON.stringify(new URL("./decode-pool.js", import.meta.url).href)});
    const gate = ${JSON.stringify(OPEN_GATE)};
    const pool = openDecodePool({ sources: [{ source: "folder", path: ${JSON.stringify(folder)} }], gate, size: 1 });
    await pool.inspect(${JSON.stringify(picture("good.jpg"))});
    console.log(pool.pids()[0]);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(parent.stdout, "data")) as [Buffer];
  const worker = Number(said.toString());
  process.kill(worker, 0);
  parent.kill("SIGKILL");
  await once(parent, "exit");
  while (isThere(worker)) await new Promise(setImmediate);
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
