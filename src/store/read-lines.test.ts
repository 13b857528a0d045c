import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decodeLine, encodeLine } from "./checked-line.js";
import { type Damage, readLines } from "./read-lines.js";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lines-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const records = [
  { id: "n1_1", text: "one\n\ud83d\u0000" },
  { id: "n1_2", text: "zwei 🐈" },
  { id: "n1_3", text: "" },
];
const lines = records.map(encodeLine);
const whole = Buffer.concat(lines);

async function readBack(bytes: Buffer, from = 0): Promise<{ records: unknown[]; damage: Damage[] }> {
  const path = join(folder, "journal.jsonl");
  await writeFile(path, bytes);
  const found: unknown[] = [];
  const damage: Damage[] = [];
  const onDamage = (each: Damage) => {
    damage.push(each);
  };
  for await (const batch of readLines(path, { from, onDamage })) {
    for (const { body, start, end } of batch) {
      found.push(decodeLine(body));
      assert.deepEqual(
        bytes.subarray(start, end).toString().trimEnd(),
        encodeLine(decodeLine(body)).toString().trimEnd(),
      );
    }
  }
  return { records: found, damage };
}

test("a journal cut at any byte of its last line gives every record before it, and says where it is torn", async () => {
  const start = whole.length - (lines.at(-1)?.length ?? 0);
  for (let length = start + 1; length < whole.length - 1; length += 1) {
    const { records: found, damage } = await readBack(whole.subarray(0, length));
    assert.deepEqual(found, records.slice(0, 2));
    assert.deepEqual(
      damage.map(({ kind, offset, bytes }) => ({ kind, offset, bytes })),
      [{ kind: "torn", offset: start, bytes: length - start }],
    );
  }
});

test("a record whose newline alone is missing is whole", async () => {
  assert.deepEqual(await readBack(whole.subarray(0, -1)), { records, damage: [] });
});

test("a tail of NULs is a torn end", async () => {
  const { records: found, damage } = await readBack(Buffer.concat([whole, Buffer.alloc(5000)]));
  assert.deepEqual(found, records);
  assert.deepEqual(
    damage.map(({ kind, offset }) => ({ kind, offset })),
    [{ kind: "torn", offset: whole.length }],
  );
});

test("a flipped bit anywhere in the middle line costs that line only", async () => {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = lines;
  for (let at = 0; at < second.length - 1; at += 1) {
    const bytes = Buffer.from(whole);
    bytes[first.length + at] = (bytes[first.length + at] ?? 0) ^ 0x20;
    const { records: found, damage } = await readBack(bytes);
    assert.deepEqual(found, [records[0], records[2]]);
    assert.deepEqual(damage[0]?.offset, first.length);
    assert.ok(damage.every(({ kind }) => kind === "corrupt"));
  }
});

test("lines longer than any buffer are read, and reading may start at any line", async () => {
  const long = { id: "n1_9", text: "x".repeat(3_000_000) };
  const bytes = Buffer.concat([whole, encodeLine(long), whole]);
  assert.deepEqual((await readBack(bytes)).records, [...records, long, ...records]);
  assert.deepEqual((await readBack(bytes, whole.length)).records, [long, ...records]);
});
