// The bare loop beside which bench/drive.js measures the program: what one writes by hand for speed, with nothing kept.
// Reads each picture, builds the body as bytes, asks, reads the stream as it comes and joins its pieces.
//     node bench/drive-loop.js URL FOLDER IN_FLIGHT [JOURNAL]
// With JOURNAL it also does what a plain ledger asks for: each picture hashed by SHA-256 (the program takes a quicker
// checksum), a line before the request, a line with its checksum and text after it, synced in groups.
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { Pool } from "undici";

const [url, folder, inFlight, journal] = process.argv.slice(2);
const keep = journal === undefined ? null : await openLedger(journal);
const files = readdirSync(folder, { recursive: true })
  .filter((name) => name.endsWith(".jpg"))
  .sort();
const { origin, pathname } = new URL(url);
const pool = new Pool(origin, { connections: Number(inFlight), headersTimeout: 0, bodyTimeout: 0 });
const fields = {
  model: "bench",
  max_tokens: 8192,
  temperature: 0.8,
  stream: true,
  stream_options: { include_usage: true },
};
const image = { type: "image_url", image_url: { url: "data:image/jpeg;base64,@" } };
const messages = [
  { role: "user", content: [image, { type: "text", text: "Please analyze this image step by step." }] },
];
const [before, after] = JSON.stringify({ ...fields, messages })
  .split("@")
  .map((text) => Buffer.from(text));

async function ask(file) {
  const picture = await readFile(join(folder, file));
  const sha256 = keep === null ? null : createHash("sha256").update(picture).digest("hex");
  const base64 = picture.toString("base64");
  await keep?.({ id: file, sha256, askedAt: new Date().toISOString() }, false);
  const body = Buffer.allocUnsafe(before.length + base64.length + after.length);
  before.copy(body);
  body.latin1Write(base64, before.length);
  after.copy(body, before.length + base64.length);
  const response = await pool.request({
    method: "POST",
    path: `${pathname}/chat/completions`,
    headers: { "content-type": "application/json" },
    body,
  });
  const decoder = new TextDecoder();
  let text = "";
  let rest = "";
  for await (const chunk of response.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data: {")) text += JSON.parse(line.slice(6)).choices[0]?.delta.content ?? "";
    }
  }
  await keep?.({ id: file, sha256, endedAt: new Date().toISOString(), reply: text }, true);
  if (!text.endsWith("</answer>")) throw new Error(`a reply came short: ${text.slice(-80)}`);
}

/** Lines that come during a write or a sync wait for the next one together. */
async function openLedger(path) {
  const handle = await open(path, "ax");
  let waiting = [];
  let running = false;
  async function run() {
    running = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await handle.write(Buffer.concat(group.map(({ line }) => line)));
      for (const { synced, done } of group) if (!synced) done();
      if (group.some(({ synced }) => synced)) await handle.datasync();
      for (const { synced, done } of group) if (synced) done();
    }
    running = false;
  }
  return (record, synced) => {
    const body = Buffer.from(JSON.stringify(record).slice(0, -1));
    const line = Buffer.concat([body, Buffer.from(`,"crc":"${crc32(body).toString(16).padStart(8, "0")}"}\n`)]);
    return new Promise((done) => {
      waiting.push({ line, synced, done });
      if (!running) run();
    });
  };
}

let next = 0;
async function lane() {
  while (next < files.length) await ask(files[next++]);
}
await Promise.all(Array.from({ length: Number(inFlight) }, lane));
await pool.close();
