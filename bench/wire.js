// How fast replies are read from the chat wire, beside bare undici loops. See --help.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Pool } from "undici";

const HELP = `node bench/wire.js [--dist DIR] [--replies N] [--in-flight N] [--rounds N]

Asks a small server in another process about pictures of 110 kB; each reply is 5 kB of text in 60 events, every event
a piece of its own. Three clients take turns, the median round of each is shown:
  teacher    openChatTeacher: body as bytes, every limit set, events parsed and joined, the reply checked
  loop       what one writes by hand: JSON.stringify of the whole body, pool.request, the text split and parsed
  bytes      the floor: pool.request with a ready body, bytes counted, nothing parsed
CPU is that of the client process (user and system), garbage collection included.`;

const PICTURE_BYTES = 110_000;
const REPLY_UNITS = 5_000;
const EVENTS = 60;
const QUESTION = "Please analyze this image step by step.";

const { values } = parseArgs({
  options: {
    dist: { type: "string", default: "dist" },
    replies: { type: "string", default: "3000" },
    "in-flight": { type: "string", default: "64" },
    rounds: { type: "string", default: "5" },
    serve: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** One whole HTTP response with a chunk an event, made once. */
function renderResponse() {
  const event = (delta, finish) => {
    const chunk = { id: "chatcmpl-8a9368", object: "chat.completion.chunk", created: 1795385842, model: "m" };
    return `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`;
  };
  const text = "a tabby cat — ".repeat(REPLY_UNITS).slice(0, REPLY_UNITS / (EVENTS - 2));
  const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 187, completion_tokens: 1200 } })}\n\n`;
  const pieces = [
    event({ role: "assistant", content: "" }, null),
    ...Array.from({ length: EVENTS - 2 }, () => event({ content: text }, null)),
    event({ content: "" }, "stop"),
    usage,
    "data: [DONE]\n\n",
  ];
  const chunks = pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`).join("");
  const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  return Buffer.from(`${head}${chunks}0\r\n\r\n`);
}

/** Counts request bytes instead of parsing them, so that the server is never what is measured. */
function serve() {
  const response = renderResponse();
  const server = createServer((socket) => {
    let missing = 0;
    let head = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      if (missing === 0) {
        head += bytes.toString("latin1", 0, 4096);
        const end = head.indexOf("\r\n\r\n");
        if (end === -1) return;
        missing = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        head = "";
      }
      missing -= bytes.length;
      if (missing <= 0) {
        missing = 0;
        socket.write(response);
      }
    });
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}

const messages = (url) => [
  {
    role: "user",
    content: [
      { type: "image_url", image_url: { url } },
      { type: "text", text: QUESTION },
    ],
  },
];

async function openClients(origin, inFlight) {
  const { openChatTeacher } = await import(pathToFileURL(resolve(values.dist, "teachers/index.js")).href);
  const bytes = Buffer.alloc(PICTURE_BYTES, 0xa5);
  const picture = { base64: Buffer.from(bytes.toString("base64")), mime: "image/jpeg", sha256: "" };
  const fields = { max_tokens: 8192, temperature: 0.8 };
  const teacher = openChatTeacher({
    name: "m",
    endpoint: `${origin}/v1`,
    model: "m",
    body: fields,
    messages,
    timeouts: { connectMs: 5_000, firstByteMs: 60_000, idleMs: 60_000, totalMs: 600_000 },
    apiKey: null,
    connections: inFlight,
  });
  const pool = new Pool(origin, { connections: inFlight });
  const headers = { "content-type": "application/json" };
  const render = () => {
    const url = `data:image/jpeg;base64,${bytes.toString("base64")}`;
    return JSON.stringify({ model: "m", ...fields, messages: messages(url), stream: true });
  };
  const ready = Buffer.from(render());
  const post = (body) => pool.request({ method: "POST", path: "/v1/chat/completions", headers, body });
  return {
    async teacher(at) {
      const { reply, fault } = await teacher.ask({ picture, requestId: `p-${at}/m/a-${at}/0badcafe` });
      if (fault !== null) throw new Error(fault.message);
      return reply.content.length;
    },
    async loop() {
      const text = await (await post(render())).body.text();
      let content = "";
      for (const line of text.split("\n")) {
        if (line.startsWith("data: {")) content += JSON.parse(line.slice(6)).choices[0]?.delta.content ?? "";
      }
      return content.length;
    },
    async bytes() {
      let bytes = 0;
      for await (const chunk of (await post(ready)).body) bytes += chunk.length;
      return bytes;
    },
    close: () => Promise.all([teacher.close(), pool.destroy()]),
  };
}

async function measure(ask, replies, inFlight) {
  let next = 0;
  const worker = async () => {
    while (next < replies) if ((await ask(next++)) < REPLY_UNITS * 0.9) throw new Error("a reply came short");
  };
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: inFlight }, worker));
  const { user, system } = process.cpuUsage(before);
  return { rate: (replies / (performance.now() - startedAt)) * 1000, cpuMs: (user + system) / 1000 / replies };
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function main() {
  const [replies, inFlight, rounds] = [values.replies, values["in-flight"], values.rounds].map(Number);
  const server = spawn(process.execPath, [import.meta.filename, "--serve"], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const port = Number(String((await server.stdout[Symbol.asyncIterator]().next()).value));
    const clients = await openClients(`http://127.0.0.1:${port}`, inFlight);
    const names = ["teacher", "loop", "bytes"];
    const results = Object.fromEntries(names.map((name) => [name, []]));
    for (const name of names) await measure(clients[name], Math.min(500, replies), inFlight);
    for (let round = 0; round < rounds; round += 1) {
      for (const name of names) results[name].push(await measure(clients[name], replies, inFlight));
    }
    const [{ model }] = cpus();
    console.log(
      `node ${process.version}, ${cpus().length} × ${model}, ${replies} replies × ${rounds} rounds, ${inFlight} in flight`,
    );
    for (const name of names) {
      const rate = median(results[name].map((one) => one.rate)).toFixed(0);
      const cpuMs = median(results[name].map((one) => one.cpuMs)).toFixed(2);
      console.log(`${name.padEnd(8)} ${rate.padStart(6)} replies/s  ${cpuMs.padStart(6)} CPU ms a reply`);
    }
    await clients.close();
  } finally {
    server.kill();
  }
}

if (values.help) console.log(HELP);
else if (values.serve) serve();
else await main();
