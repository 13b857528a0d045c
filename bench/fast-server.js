// A chat server that costs next to nothing: `node bench/fast-server.js`. Its first line is its port; it serves `/glm/v1` and
// `/kimi/v1`. Every reply is another made-up text of 4 kB, thinking and answer, streamed in eight events.
import { createServer } from "node:http";

const THINKING_CHARACTERS = 2_600;
const ANSWER_CHARACTERS = 1_400;
const EVENTS = 8;
const DIALECTS = {
  glm: (thinking, answer) => `<think>${thinking}</think><answer>${answer}</answer>`,
  kimi: (thinking, answer) => `◁think▷${thinking}◁/think▷${answer}`,
};

let state = 1;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const WORDS = Array.from({ length: 8_000 }, () =>
  Array.from({ length: 2 + Math.floor(random() * 8) }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join(
    "",
  ),
);
let replies = 0;

/** Frequent words are frequent, as in a language, so that packing has as much to do. */
function makeText(characters) {
  let text = "";
  while (text.length < characters) text += `${WORDS[Math.floor(WORDS.length * random() ** 3)]} `;
  return `${text.slice(0, characters - 1)}.`;
}

function renderReply(model) {
  const text = DIALECTS[model](makeText(THINKING_CHARACTERS), makeText(ANSWER_CHARACTERS));
  const head = { id: `chatcmpl-${++replies}`, object: "chat.completion.chunk", created: 0, model };
  const event = (delta, finish) =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const size = Math.ceil(text.length / EVENTS);
  const pieces = Array.from({ length: EVENTS }, (_, at) =>
    event({ content: text.slice(at * size, (at + 1) * size) }, null),
  );
  const usage = { prompt_tokens: 187, completion_tokens: Math.round(text.length / 4.4) };
  return [...pieces, event({}, "stop"), `data: ${JSON.stringify({ ...head, choices: [], usage })}\n\n`];
}

function answer(request, response) {
  const model = Object.keys(DIALECTS).find((name) => request.url.startsWith(`/${name}/v1/`));
  if (model === undefined) response.writeHead(404).end();
  else if (request.url.endsWith("/models")) {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ object: "list", data: [{ id: model, object: "model" }] }));
  } else {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.cork();
    for (const event of renderReply(model)) response.write(event);
    response.end("data: [DONE]\n\n");
  }
}

const server = createServer((request, response) => {
  // The body is taken off the wire and not looked at.
  request.resume().once("end", () => answer(request, response));
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
