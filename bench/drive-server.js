// The server that bench/drive.js drives, forked by it: chat completions over a bare socket, so that it takes as little
// of the two cores as can be. Replies are made once; a picture's bytes are counted and never looked at.
// Messages: { mode } begins a new measurement, "report" answers with what was seen since.
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const REPLY_BYTES = 5_000;
const KINDS = 64;
const LONGEST_MS = 2_000;
/** Streams that are spread over time go on together, this often. */
const TICK_MS = 4;
/** Longer bodies hold a picture. */
const SHORT_BODY = 16_384;
const TOKENS = 1_200;

/**
 * How replies are sent: `meanMs` from request to end (lognormal), `events` a reply, each written by itself unless the
 * reply is `inOnePiece`, whether `file://` is read.
 */
let mode = { meanMs: 0, events: 60, inOnePiece: false, files: false };
let seen = startSeen();
let random = 1;
let replies = renderReplies(mode.events);
let inFlight = 0;
const streams = new Set();

process.on("message", (message) => {
  if (message === "report") return process.send(seen);
  mode = message.mode;
  replies = renderReplies(mode.events);
  seen = startSeen();
  random = 1;
  process.send("ready");
});
process.on("disconnect", () => process.exit());
const server = createServer({ noDelay: true }, serve);
server.listen(0, "127.0.0.1", () => process.send(server.address().port));

function startSeen() {
  return { replies: 0, firstAt: null, lastAt: null, mostInFlight: 0, replyBytes: REPLY_BYTES, bodyBytes: 0 };
}

function next() {
  random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
  return (random + 0.5) / 2 ** 32;
}

/** Lognormal with the mean that is wanted. */
function latency() {
  if (mode.meanMs === 0) return 0;
  const normal = Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  return Math.min(LONGEST_MS, mode.meanMs * Math.exp(0.5 * normal - 0.125));
}

/** Text as words are: few of them common, most of them rare. In the dialect of GLM, so that a reply is a pair. */
function makeText(seed) {
  random = seed;
  const words = Array.from({ length: 8_000 }, (_, index) =>
    (index * 2_654_435_761 + 77).toString(36).slice(-2 - (index % 7)),
  );
  let text = "<think>";
  while (text.length < 0.8 * REPLY_BYTES) text += `${words[Math.floor(next() ** 3 * words.length)]} `;
  text += "</think><answer>";
  while (text.length < REPLY_BYTES - 9) text += `${words[Math.floor(next() ** 3 * words.length)]} `;
  return `${text.slice(0, REPLY_BYTES - 9)}</answer>`;
}

/** Chunks of HTTP, one an event. */
function renderReplies(events) {
  return Array.from({ length: KINDS }, (_, kind) => {
    const text = makeText(kind + 1);
    const base = { id: `chatcmpl-${kind}f2a9c`, object: "chat.completion.chunk", created: 1795385842, model: "bench" };
    const event = (delta, finish) =>
      `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage: null })}\n\n`;
    const pieces = events - 4;
    const cut = (index) => Math.round((index * text.length) / pieces);
    const usage = { prompt_tokens: 187, total_tokens: 187 + TOKENS, completion_tokens: TOKENS };
    return [
      event({ role: "assistant", content: "" }, null),
      ...Array.from({ length: pieces }, (_, index) => event({ content: text.slice(cut(index), cut(index + 1)) }, null)),
      event({ content: "" }, "stop"),
      `data: ${JSON.stringify({ ...base, choices: [], usage })}\n\n`,
      "data: [DONE]\n\n",
    ].map((piece) => Buffer.from(`${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`));
  });
}

function serve(socket) {
  let head = Buffer.alloc(0);
  let asked = null;
  let missing = 0;
  let body = [];
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    let rest = bytes;
    if (missing === 0) {
      head = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      asked = readHead(head.toString("latin1", 0, end));
      rest = head.subarray(end + 4);
      head = Buffer.alloc(0);
      missing = asked.length;
      body = [];
      if (asked.isMeasured) {
        seen.firstAt ??= performance.now();
        inFlight += 1;
        seen.mostInFlight = Math.max(seen.mostInFlight, inFlight);
      }
    }
    missing -= rest.length;
    if (asked.length < SHORT_BODY) body.push(rest);
    if (missing > 0) return;
    missing = 0;
    seen.bodyBytes += asked.length;
    answer(socket, asked, Buffer.concat(body).toString());
  });
}

function readHead(text) {
  const [method, path] = text.split(" ", 2);
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return { method, path, length, isMeasured: method === "POST" && !/x-request-id: probe\//i.test(text) };
}

const PAGES = { "/v1/models": '{"object":"list","data":[{"id":"bench"}]}', "/health": "" };

function answer(socket, { method, path, isMeasured }, body) {
  const file = /"(file:\/\/[^"]+)"/.exec(body)?.[1];
  if (method === "GET") {
    const page = path === "/version" && mode.files ? '{"version":"bench"}' : PAGES[path];
    socket.write(whole(page === undefined ? "404 Not Found" : "200 OK", page ?? "{}"));
  } else if (file !== undefined && !(mode.files && existsSync(fileURLToPath(file)))) {
    socket.write(whole("400 Bad Request", '{"error":{"message":"no such file","code":400}}'));
  } else {
    const pieces = replies[seen.replies % KINDS];
    const stream = {
      socket,
      pieces,
      sent: 0,
      startedAt: performance.now(),
      ms: isMeasured ? latency() : 0,
      isMeasured,
    };
    if (isMeasured) seen.replies += 1;
    socket.cork();
    socket.write(
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    if (mode.inOnePiece && stream.ms === 0) send(stream, pieces.length);
    socket.uncork();
    if (stream.ms > 0) streams.add(stream);
    else for (let upTo = stream.sent + 1; upTo <= pieces.length; upTo++) send(stream, upTo);
  }
}

function whole(status, text) {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

function send(stream, upTo) {
  const { socket, pieces } = stream;
  if (upTo > stream.sent) socket.write(Buffer.concat(pieces.slice(stream.sent, upTo)));
  stream.sent = upTo;
  if (upTo < pieces.length) return;
  streams.delete(stream);
  socket.write("0\r\n\r\n");
  if (!stream.isMeasured) return;
  inFlight -= 1;
  seen.lastAt = performance.now();
}

setInterval(() => {
  const now = performance.now();
  for (const stream of streams) {
    const { startedAt, ms, pieces, socket } = stream;
    const due = Math.min(pieces.length, Math.floor(((now - startedAt) / ms) * pieces.length));
    if (due <= stream.sent) continue;
    socket.cork();
    send(stream, due);
    socket.uncork();
  }
}, TICK_MS);
