// The bare loop beside which bench/drive.js measures the program: what one writes by hand for speed, with nothing kept.
// Reads each picture, builds the body as bytes, asks, reads the stream as it comes and joins its pieces.
//     node bench/drive-loop.js URL FOLDER IN_FLIGHT
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Pool } from "undici";

const [url, folder, inFlight] = process.argv.slice(2);
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
  const base64 = (await readFile(join(folder, file))).toString("base64");
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
  if (!text.endsWith("</answer>")) throw new Error(`a reply came short: ${text.slice(-80)}`);
}

let next = 0;
async function lane() {
  while (next < files.length) await ask(files[next++]);
}
await Promise.all(Array.from({ length: Number(inFlight) }, lane));
await pool.close();
