import { setTimeout as pause } from "node:timers/promises";
import { jsonResponse } from "./chat-stream.js";
import { type Behaviour, type ScriptedServer, type SeenRequest, startScriptedServer } from "./scripted-server.js";

/** What is answered to the `nth` request (from 1) about one picture. */
export type ChatScript = (image: string, nth: number, request: SeenRequest) => Behaviour | Promise<Behaviour>;

/** A server that serves a model and leaves what it says of pictures to a script. It can be killed and started again. */
export interface ScriptedModel {
  /** The base URL, with `/v1`. */
  readonly url: string;
  /** Requests about pictures, as they came. */
  readonly chats: readonly SeenRequest[];
  /** Its socket counts, as long as it runs. */
  readonly sockets: ScriptedServer["sockets"];
  /** The names it lists; null answers 500, as `transformers serve` does. */
  models: readonly string[] | null;
  /** What it answers to requests that are about no picture of the run. */
  probe: Behaviour | ((request: SeenRequest) => Behaviour);
  /** What it answers to `/health`. */
  health: Behaviour;
  /** For scripts: waits for as long as that is so, or until the server is closed. */
  holdWhile(isSo: () => boolean): Promise<void>;
  /** Cuts every socket and frees the port. */
  kill(): Promise<void>;
  /** Listens again on the same port. */
  restart(): Promise<void>;
  /** Ends it for good. */
  close(): Promise<void>;
}

/** Starts one on this machine; it serves the model `m`, has no gauges, and answers probes. */
export async function startScriptedModel(script: ChatScript): Promise<ScriptedModel> {
  const chats: SeenRequest[] = [];
  const turns = new Map<string, number>();
  let server = await startScriptedServer(answer);
  const port = Number(new URL(server.url).port);
  let isRunning = true;
  let isOver = false;

  function answer(request: SeenRequest): Behaviour | Promise<Behaviour> {
    if (request.path.endsWith("/models")) return listOf(model.models);
    if (request.path.endsWith("/health")) return model.health;
    if (!request.path.endsWith("/chat/completions")) return jsonResponse({}, 404);
    const id = String(request.headers["x-request-id"]);
    if (id.startsWith("probe/")) return typeof model.probe === "function" ? model.probe(request) : model.probe;
    const image = id.split("/")[0] ?? "";
    const nth = (turns.get(image) ?? 0) + 1;
    turns.set(image, nth);
    chats.push(request);
    return script(image, nth, request);
  }

  const model: ScriptedModel = {
    url: `${server.url}/v1`,
    chats,
    get sockets() {
      return server.sockets;
    },
    models: ["m"],
    probe: jsonResponse({
      model: "m",
      choices: [{ index: 0, message: { content: "yes" }, finish_reason: "length" }],
    }),
    health: jsonResponse({}),
    async holdWhile(isSo) {
      while (!isOver && isSo()) await pause(20);
    },
    async kill() {
      if (!isRunning) return;
      isRunning = false;
      await server.close();
    },
    async restart() {
      if (isRunning || isOver) return;
      server = await startScriptedServer(answer, port);
      isRunning = true;
    },
    async close() {
      isOver = true;
      await model.kill();
    },
  };
  return model;
}

function listOf(models: readonly string[] | null): Behaviour {
  if (models === null)
    return { status: 500, headers: { "content-type": "text/plain" }, steps: ["Internal Server Error"] };
  return jsonResponse({ object: "list", data: models.map((id) => ({ id })) });
}
