// A chat server of a made-up shape on a real port, for bench/pace.js: `node bench/pace-server.js SHAPE REQUESTS GAUGES TOKENS`.
// Its first line is its port. All requests that run share so many tokens a second as the shape gives for their number; a
// stream sends some 20 tokens an event, as vLLM does when told to. GET /trace gives, each second, what ran, waited and was written.
import { createServer } from "node:http";
import { shapeOf } from "./pace-shapes.js";

const [shapeName, requests, gauges, meanTokens] = process.argv.slice(2);
const shape = shapeOf(shapeName, Number(requests));
const TICK_MS = 20;
const EVENT_TOKENS = 20;
/** Of a normal distribution whose exponential is the length of a reply. */
const SPREAD = 0.5;
const EVENT_TEXT = "word ".repeat(EVENT_TOKENS);
const HEAD = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 0, model: "pace" };

const running = [];
const waiting = [];
const trace = [];
let written = 0;
let state = 7;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return (state + 0.5) / 2 ** 32;
};

const event = (fields) => `data: ${JSON.stringify({ ...HEAD, ...fields })}\n\n`;
const delta = (content, reason = null) => event({ choices: [{ index: 0, delta: { content }, finish_reason: reason }] });

function drawTokens() {
  const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  return Math.max(EVENT_TOKENS, Number(meanTokens) * Math.exp(SPREAD * normal - SPREAD ** 2 / 2));
}

function end(request) {
  const usage = { prompt_tokens: 100, completion_tokens: Math.round(request.tokens) };
  request.response.write(delta("</think><answer>a photograph</answer>", "stop"));
  request.response.end(`${event({ choices: [], usage })}data: [DONE]\n\n`);
}

function writeOn(request, tokens) {
  request.left -= tokens;
  request.unsent += tokens;
  if (request.left <= 0) return end(request);
  const events = Math.floor(request.unsent / EVENT_TOKENS);
  request.unsent -= events * EVENT_TOKENS;
  if (events > 0) request.response.write(delta(EVENT_TEXT.repeat(events)));
}

let before = performance.now();
setInterval(() => {
  const now = performance.now();
  const seconds = (now - before) / 1000;
  before = now;
  while (waiting.length > 0 && running.length < shape.slots) {
    const request = waiting.shift();
    running.push(request);
    request.response.write(delta("<think>"));
  }
  if (running.length === 0) return;
  const tokens = shape.tokensPerSecond(running.length) * seconds;
  written += tokens;
  const each = tokens / running.length;
  for (const request of running) writeOn(request, each);
  for (let at = running.length - 1; at >= 0; at--) if (running[at].left <= 0) running.splice(at, 1);
}, TICK_MS);
setInterval(() => trace.push({ running: running.length, waiting: waiting.length, written: Math.round(written) }), 1000);

function take(request, response) {
  request.resume().once("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    const tokens = drawTokens();
    const taken = { response, tokens, left: tokens, unsent: 0 };
    waiting.push(taken);
    response.once("close", () => {
      for (const list of [waiting, running]) if (list.includes(taken)) list.splice(list.indexOf(taken), 1);
    });
  });
}

const PAGES = {
  "/v1/models": () => JSON.stringify({ object: "list", data: [{ id: "pace", object: "model" }] }),
  "/trace": () => JSON.stringify(trace),
  "/health": () => "",
};
if (gauges === "gauges") {
  PAGES["/metrics"] = () =>
    [
      `vllm:num_requests_running{model_name="pace"} ${running.length}`,
      `vllm:num_requests_waiting{model_name="pace"} ${waiting.length}`,
      `vllm:generation_tokens_total{model_name="pace"} ${Math.round(written)}\n`,
    ].join("\n");
}

const server = createServer((request, response) => {
  if (request.url === "/v1/chat/completions") return take(request, response);
  const page = PAGES[request.url];
  if (page === undefined) return response.writeHead(404).end();
  if (request.url !== "/metrics") response.setHeader("content-type", "application/json");
  response.end(page());
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
