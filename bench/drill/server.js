// One server of a drill, in a process of its own: chat completions in the manner of vLLM, with the life it was given.
// Whatever it is sent and whatever it sends to the end goes into its log before anything else happens.
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { phaseAt } from "./draw-life.js";
import { chance, madeReply } from "./made-reply.js";

const { startedAt, hours, model, dialect, port, speed, slots, gauges, phases, meanSeconds, killer, refused, log } =
  JSON.parse(process.argv[2]);
const EVENTS = 12;
/** After its day a server only has to finish what is left, quickly. */
const CALM_SPEED = 20;

let running = 0;
let generated = 0;
const waiting = [];
const streaming = new Set();

const hourNow = () => (Date.now() - startedAt) / 3_600_000;
const isOn = (kind) => phases.some((one) => one.kind === kind && hourNow() >= one.fromHour && hourNow() < one.toHour);
const note = (event) => appendFileSync(log, `${JSON.stringify({ ...event, hour: hourNow() })}\n`);
const servedName = () => (isOn("other-model") ? "other" : model);

const server = createServer((request, response) => {
  response.on("error", () => {});
  request.on("error", () => {});
  const id = String(request.headers["x-request-id"] ?? "");
  const isChat = request.url.endsWith("/chat/completions") && request.method === "POST";
  if (isChat && !id.startsWith("probe/")) note({ event: "received", id });
  request.resume().on("end", () => (isChat ? answer(id, response) : answerPage(request.url, response)));
});
server.keepAliveTimeout = Math.ceil(5_000 / JSON.parse(process.env.DRILL_CLOCK).factor);
server.listen(port, "127.0.0.1", () => process.send(server.address().port));
process.on("disconnect", () => process.exit());
// vLLM ends what is in flight as 200 with `abort` and leaves.
process.on("SIGTERM", () => {
  for (const stop of streaming) stop();
  setTimeout(() => process.exit(), 5_000);
});

function answerPage(url, response) {
  if (url.endsWith("/models")) return sendJson(response, 200, { object: "list", data: [{ id: servedName() }] });
  if (url.endsWith("/health")) return response.writeHead(200).end();
  if (!url.endsWith("/metrics") || !gauges) return sendJson(response, 404, { error: { message: "Not Found" } });
  const lines = {
    num_requests_running: running,
    num_requests_waiting: waiting.length,
    generation_tokens_total: generated,
  };
  response.end(
    Object.entries(lines)
      .map(([gauge, value]) => `vllm:${gauge}{model_name="m"} ${value}\n`)
      .join(""),
  );
}

async function answer(id, response) {
  const now = phaseAt(phases, hourNow(), (kind) => chance(`${kind} ${id}`));
  if (now?.kind === "stalled") return beginStream(response);
  if (id.startsWith("probe/")) return answerProbe(response);
  const [image] = id.split("/");
  if (image === killer) {
    await sleep(20_000);
    note({ event: "crashed", id });
    process.exit(1);
  }
  if (refused === image) return refuse(id, response, 400, "This picture is too long for the context");
  switch (now?.kind) {
    case "busy-with-header":
      return refuse(id, response, 429, "slow down", { "retry-after": String(15 + Math.floor(60 * chance(id))) });
    case "busy":
      return refuse(id, response, chance(id) < 0.5 ? 429 : 503, "too many requests");
    case "server-errors":
      return refuse(id, response, chance(id) < 0.5 ? 500 : 502, "EngineDeadError");
    default:
      return stream(id, response, now?.kind ?? null);
  }
}

/** A small whole reply: to one token of text as to the probe's picture. */
function answerProbe(response) {
  const message = { role: "assistant", content: "yes" };
  const usage = { prompt_tokens: 5, completion_tokens: 1 };
  sendJson(response, 200, {
    id: "p",
    model: servedName(),
    choices: [{ index: 0, message, finish_reason: "length" }],
    usage,
  });
}

function refuse(id, response, status, message, headers = {}) {
  note({ event: "refused", id, status });
  sendJson(response, status, { error: { message, code: status } }, headers);
}

/** 200, then silence until a slot is free, then the text in pieces, unless something comes between. */
async function stream(id, response, kind) {
  beginStream(response);
  const leave = await takeSlot(response);
  if (leave === null) return note({ event: "left", id });
  const { content, finishReason } = madeReply(id, dialect);
  const name = servedName();
  const breakAt = ["resets", "error-events", "aborts"].includes(kind) ? 1 + Math.floor(chance(id) * (EVENTS - 1)) : -1;
  let stopped = false;
  const stop = () => {
    stopped = true;
    sendEvent(response, { model: name, choices: [{ index: 0, delta: {}, finish_reason: "abort" }] });
    response.end("data: [DONE]\n\n");
    note({ event: "aborted", id });
  };
  streaming.add(stop);
  const pieceMs = (meanSeconds * 1_000 * (0.5 + chance(`size ${id}`))) / EVENTS;
  for (let at = 0; at < EVENTS && !stopped; at += 1) {
    await sleep(pieceMs / speedNow());
    while (isOn("stalled") && !response.destroyed) await sleep(5_000);
    if (stopped) break;
    if (response.destroyed) {
      note({ event: "left", id });
      break;
    }
    if (at === breakAt) {
      breakOff(id, response, kind, stop);
      break;
    }
    generated += 40;
    const piece = content.slice(
      Math.floor((content.length * at) / EVENTS),
      Math.floor((content.length * (at + 1)) / EVENTS),
    );
    sendEvent(response, {
      id: `r-${id}`,
      model: name,
      choices: [{ index: 0, delta: { content: piece }, finish_reason: null }],
    });
    if (at === EVENTS - 1) finish(id, response, name, finishReason);
  }
  streaming.delete(stop);
  leave();
}

function finish(id, response, name, finishReason) {
  sendEvent(response, { model: name, choices: [{ index: 0, delta: {}, finish_reason: finishReason }] });
  sendEvent(response, { model: name, choices: [], usage: { prompt_tokens: 700, completion_tokens: EVENTS * 40 } });
  response.end("data: [DONE]\n\n", () => note({ event: "completed", id, as: name, tokens: EVENTS * 40 }));
}

function breakOff(id, response, kind, abort) {
  if (kind === "aborts") return abort();
  note({ event: kind === "resets" ? "reset" : "error-event", id });
  if (kind === "resets") return response.socket?.resetAndDestroy();
  sendEvent(response, {
    error: { message: "EngineCore encountered an issue", type: "InternalServerError", code: 500 },
  });
  response.end("data: [DONE]\n\n");
}

function speedNow() {
  if (hourNow() > hours) return CALM_SPEED;
  return speed * (isOn("slow") ? 0.3 : isOn("fast") ? 2.5 : 1);
}

/** Gives the way to leave the slot again; null where the client went away in the queue. */
async function takeSlot(response) {
  while (running >= (isOn("one-slot") ? 1 : slots)) {
    await new Promise((resolve) => {
      const wake = () => {
        response.off("close", wake);
        resolve();
      };
      waiting.push(wake);
      response.once("close", wake);
    });
    if (response.destroyed) return null;
  }
  running += 1;
  return () => {
    running -= 1;
    for (const wake of waiting.splice(0)) wake();
  };
}

function beginStream(response) {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.flushHeaders();
}

function sendEvent(response, chunk) {
  response.write(`data: ${JSON.stringify({ object: "chat.completion.chunk", ...chunk })}\n\n`);
}

function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}
