import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Ended, Pair } from "../records/index.js";
import { openStore } from "../store/index.js";
import {
  type Behaviour,
  chatEvents,
  chatStream,
  cutEvery,
  jsonResponse,
  readRecording,
  type ScriptedServer,
  type SeenRequest,
  startScriptedServer,
} from "../testing/index.js";
import type { DriveTimes } from "./drive-times.js";
import { drawImages, runRecipe, StopSwitch, streamPairs } from "./index.js";
import type { RunEnd, RunOptions } from "./run-recipe.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const GOOD = chatStream(["<think>Stripes.</think>", "<answer>A cat.</answer>"]);
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-faults-"));
after(() => rm(folder, { recursive: true, force: true }));

const TIMES: Partial<DriveTimes> = {
  pollMs: 25,
  retryPauseMs: 5,
  lookAgainMs: 150,
  neverAnsweredMs: 500,
};
/** Where silence is what is tested. */
const IMPATIENT: Partial<DriveTimes> = { ...TIMES, silentMs: 150, stalledMs: 400, probeMs: 300 };
/** Pictures of each run. */
const IMAGES = 4;

type Script = (image: string, nth: number, request: SeenRequest) => Behaviour | Promise<Behaviour>;

/** A server that serves a model and leaves its chat to the script. It can be killed and started again on its port. */
class Server {
  readonly chats: SeenRequest[] = [];
  private readonly nth = new Map<string, number>();
  private server: ScriptedServer | null = null;
  private port = 0;
  url = "";
  /** The test is over: nothing starts it again. */
  isOver = false;
  /** Names served. */
  models: readonly string[] = ["m"];
  probe: Behaviour = jsonResponse({
    model: "m",
    choices: [{ index: 0, message: { content: "yes" }, finish_reason: "length" }],
  });

  constructor(private readonly script: Script) {}

  async start(): Promise<this> {
    if (this.isOver) return this;
    this.server = await startScriptedServer((request) => this.answer(request), this.port);
    this.port = Number(new URL(this.server.url).port);
    this.url = `${this.server.url}/v1`;
    return this;
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.stop();
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    await server?.close();
  }

  private answer(request: SeenRequest): Behaviour | Promise<Behaviour> {
    if (request.path.endsWith("/models"))
      return jsonResponse({ object: "list", data: this.models.map((id) => ({ id })) });
    if (!request.path.endsWith("/chat/completions")) return jsonResponse({});
    const id = String(request.headers["x-request-id"]);
    if (id.startsWith("probe/")) return this.probe;
    const image = id.split("/")[0] ?? "";
    this.nth.set(image, (this.nth.get(image) ?? 0) + 1);
    this.chats.push(request);
    return this.script(image, this.nth.get(image) ?? 0, request);
  }
}

interface Ran {
  readonly end: RunEnd;
  readonly out: string;
  readonly said: readonly string[];
  readonly ledger: readonly Ended[];
  readonly pairs: readonly Pair[];
}

let count = 0;

async function writeRecipe(name: string, endpoints: string, fields: string): Promise<string> {
  const recipe = join(folder, `${name}.yaml`);
  await writeFile(
    recipe,
    `name: t\nimages: [{ source: folder, path: "${PHOTOS}" }]\nsample: { size: ${IMAGES}, seed: 1 }\nteachers: [{ name: t, model: m, dialect: glm, maxTokens: 16, endpoints: ${endpoints}${fields} }]\n`,
  );
  return recipe;
}

/** A run folder whose pictures are gated: every run begins with a copy. */
const gated = writeRecipe("gated", '["http://127.0.0.1:9/v1"]', "").then(async (recipe) => {
  const out = join(folder, "gated");
  await drawImages(recipe, { out, stop: new StopSwitch(), say: () => {}, onProgress: () => {} });
  return out;
});

async function run(
  endpoints: string,
  options: { fields?: string; url?: string } & Partial<RunOptions> = {},
): Promise<Ran> {
  const { fields = "", ...rest } = options;
  const number = count++;
  const recipe = await writeRecipe(String(number), endpoints, fields);
  const out = rest.out ?? join(folder, `${number}-run`);
  if (rest.out === undefined) await cp(await gated, out, { recursive: true });
  const said: string[] = [];
  const end = await runRecipe(recipe, {
    again: [],
    limit: null,
    keepGoing: false,
    shard: null,
    say: (sentence) => said.push(sentence),
    stop: new StopSwitch(),
    onGate: () => {},
    onGated: () => {},
    onProgress: () => {},
    times: TIMES,
    ...rest,
    out,
  });
  const store = await openStore(out, { say: () => {} });
  const ledger: Ended[] = [];
  for await (const some of store.attempts("t")) ledger.push(...some);
  const pairs: Pair[] = [];
  for await (const pair of streamPairs(out, { model: null, outcomes: [], say: () => {} })) pairs.push(pair);
  return { end, out, said, ledger, pairs };
}

/** Runs against one server. */
async function against(script: Script, options: Parameters<typeof run>[1] = {}): Promise<Ran & { server: Server }> {
  const server = await new Server(script).start();
  try {
    return { ...(await run(`["${server.url}"]`, options)), server };
  } finally {
    await server.end();
  }
}

function row({ end }: Ran) {
  const status = end.status?.models.t;
  assert.ok(status);
  return status;
}

/** Every cell answered, each accepted once, and the exit code says so. */
function allAnswered(ran: Ran): void {
  assert.equal(ran.end.exitCode, 0, ran.end.sentences.join("\n"));
  assert.equal(row(ran).answered, IMAGES);
  assert.equal(ran.ledger.filter((ended) => ended.fault === null).length, IMAGES);
}

const kinds = (ran: Ran) => ran.ledger.flatMap(({ fault }) => (fault === null ? [] : [fault.kind]));
const recording = (name: string) => readRecording(new URL(`../../src/teachers/fixtures/${name}.txt`, import.meta.url));
const first = (fault: Behaviour) => {
  let isFirst = true;
  return (): Behaviour => {
    if (!isFirst) return GOOD;
    isFirst = false;
    return fault;
  };
};
const JSON_TYPE = { "content-type": "application/json" };
const STREAM_TYPE = { "content-type": "text/event-stream" };

describe("the fault list", { concurrency: 4 }, () => {
  test("T1: a 429 with Retry-After holds everything back for as long, costs no try, and cuts once a burst", async () => {
    const busy = jsonResponse({ error: { message: "slow down", code: 429 } }, 429, { "retry-after": "1" });
    const at: number[] = [];
    const ran = await against((_image, nth) => {
      at.push(performance.now());
      return nth === 1 ? busy : GOOD;
    });
    allAnswered(ran);
    assert.deepEqual(kinds(ran), ["busy", "busy", "busy", "busy"]);
    assert.ok(ran.ledger.every((ended) => !ended.countsAsTry));
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    assert.ok(Math.max(...pauses) >= 950, `${pauses}`);
  });

  test("T2: a 429 without a header is met with growing pauses, and the run goes on", async () => {
    let refusals = 0;
    const at: number[] = [];
    const ran = await against(
      () => {
        at.push(performance.now());
        return ++refusals <= 2 ? jsonResponse({ error: "busy" }, 429) : GOOD;
      },
      { fields: ", concurrency: 1" },
    );
    allAnswered(ran);
    assert.equal(row(ran).faults.busy, 2);
    const [one = 0, two = 0, three = 0] = at;
    assert.ok(two - one >= 480 && three - two >= 950, `${two - one}, ${three - two}`);
  });

  test("T3: bursts of 500, 502, 503 and 504 are waited out and cost no try", async () => {
    const codes = [500, 502, 503, 504];
    let turn = 0;
    const ran = await against((_image, nth) =>
      nth === 1 ? jsonResponse({ error: "x" }, codes[turn++ % 4] ?? 500) : GOOD,
    );
    allAnswered(ran);
    assert.deepEqual(
      new Set(ran.ledger.flatMap(({ fault, status }) => (fault === null ? [] : [status]))),
      new Set(codes),
    );
    assert.ok(ran.ledger.every((ended) => !ended.countsAsTry));
  });

  test("T4: a server that is gone for a while is waited for; no cell fails", async () => {
    let restarts = 0;
    const server = await new Server(async (_image, nth) => {
      if (nth > 1 || restarts > 0) return GOOD;
      restarts += 1;
      await server.stop();
      setTimeout(() => void server.start(), 300);
      return { end: "reset" };
    }).start();
    const ran = await run(`["${server.url}"]`, { fields: ", concurrency: 2" });
    await server.end();
    allAnswered(ran);
    assert.equal(row(ran).failed, 0);
  });

  test("T5, T6: silence is ended by the recipe's own limit and asked again; a slow stream inside it is left alone", async () => {
    const [head = "", ...rest] = chatEvents(["<think>x</think>", "<answer>y</answer>"]);
    const slow: Behaviour = { status: 200, headers: STREAM_TYPE, steps: [head, { waitMs: 250 }, ...rest] };
    const hang: Behaviour = { status: 200, headers: STREAM_TYPE, steps: [head], end: "hang" };
    let hung = false;
    const ran = await against(
      () => {
        if (hung) return slow;
        hung = true;
        return hang;
      },
      { fields: ", timeouts: { idleMs: 1500, firstByteMs: 1500 }", times: TIMES },
    );
    allAnswered(ran);
    assert.deepEqual(kinds(ran), ["timed-out"]);
    assert.match(ran.ledger.find((ended) => ended.fault !== null)?.fault?.message ?? "", /timeouts\.idleMs/);
  });

  test("T7: a reset in the middle keeps the partial text as evidence, never as a reply", async () => {
    const cut: Behaviour = {
      ...chatStream(["<think>half", " a thought"], { finishReason: null, done: false }),
      end: "reset",
    };
    const ran = await against(first(cut));
    allAnswered(ran);
    const broken = ran.ledger.find((ended) => ended.fault !== null);
    assert.equal(broken?.fault?.kind, "broken-stream");
    assert.equal(broken?.reply?.content, "<think>half a thought");
    assert.ok(ran.pairs.every((pair) => pair.thinking === "Stripes."));
  });

  test("T8: a stream that ends cleanly without a finish reason is asked again", async () => {
    const ran = await against(first(chatStream(["<think>x</think>half"], { finishReason: null })));
    allAnswered(ran);
    assert.deepEqual(kinds(ran), ["incomplete"]);
  });

  test("T9: HTML, an empty body, half a JSON and a wrong type are no replies, and final after their tries", async () => {
    const bad: Behaviour[] = [
      { status: 200, headers: { "content-type": "text/html" }, steps: ["<html>hello</html>"] },
      { status: 200, headers: JSON_TYPE },
      { status: 200, headers: JSON_TYPE, steps: ['{"choices":[{"mess'] },
      { status: 200, headers: { "content-type": "image/png" }, steps: ["x"] },
    ];
    const known: string[] = [];
    const ran = await against((image) => {
      if (!known.includes(image)) known.push(image);
      return bad[known.indexOf(image)] ?? GOOD;
    });
    assert.equal(ran.end.exitCode, 0);
    assert.equal(row(ran).failed, IMAGES);
    assert.deepEqual(new Set(ran.pairs.map((pair) => pair.reason)), new Set(["bad-reply"]));
    assert.equal(ran.ledger.length, 3 * IMAGES);
  });

  test("T10: an error object inside a 200 stream is an error", async () => {
    const error = `data: ${JSON.stringify({ error: { message: "EngineCore encountered an issue", code: 500 } })}\n\n`;
    const [head = ""] = chatEvents(["<think>x"]);
    const ran = await against(first({ status: 200, headers: STREAM_TYPE, steps: [head, error, "data: [DONE]\n\n"] }));
    allAnswered(ran);
    assert.deepEqual(kinds(ran), ["server-error"]);
  });

  test("T11: events cut at every byte, with CRLF and comments, give the text of the uncut stream", async () => {
    const events = chatEvents(["<think>très 🐟", " naïve</think>", "<answer>图片</answer>"]).join("");
    const hostile = Buffer.from(`: hello\r\n\r\n${events.replaceAll("\n", "\r\n")}`);
    const ran = await against(() => ({ status: 200, headers: STREAM_TYPE, steps: cutEvery(hostile, 3) }));
    allAnswered(ran);
    assert.ok(ran.pairs.every((pair) => pair.thinking === "très 🐟 naïve" && pair.answer === "图片"));
  });

  test("T12: replies that come back in another order each land on their own picture", async () => {
    let turn = 0;
    const ran = await against(async (image) => {
      turn += 1;
      await pause(120 - 25 * turn);
      return chatStream([`<think>${image}</think>`, `<answer>${image}</answer>`]);
    });
    allAnswered(ran);
    assert.ok(ran.pairs.every((pair) => pair.answer === pair.image));
  });

  test("T14: a server whose health answers and that puts out nothing is taken out with its evidence, and its work moves", async () => {
    const stalled = await new Server(() => ({ status: 200, headers: STREAM_TYPE, end: "hang" })).start();
    stalled.probe = { end: "hang" };
    const good = await new Server(async () => {
      await pause(30);
      return GOOD;
    }).start();
    const ran = await run(`["${stalled.url}", "${good.url}"]`, {
      fields: ", concurrency: 2, tries: 1",
      times: IMPATIENT,
    });
    await Promise.all([stalled.stop(), good.stop()]);
    allAnswered(ran);
    assert.match(ran.said.join("\n"), /is stalled: \d requests and not one token/);
    assert.ok(ran.ledger.some((ended) => ended.endpoint === stalled.url && /stalled/.test(ended.fault?.message ?? "")));
  });

  test("T15: another model behind the URL in the middle of a run stops it, and the record is not accepted", async () => {
    let replies = 0;
    const ran = await against(
      () => {
        replies += 1;
        return replies <= 2 ? GOOD : chatStream(["<think>x</think>", "y"], { model: "other" });
      },
      { fields: ", concurrency: 1" },
    );
    assert.equal(ran.end.exitCode, 1);
    assert.match(ran.end.sentences.join(), /"other" when "m" was asked/);
    assert.deepEqual([row(ran).answered, row(ran).missing, row(ran).failed], [2, 2, 0]);
  });

  test("T15: with another endpoint its work moves, and it is asked again once it serves the right model", async () => {
    let liar: Server;
    liar = await new Server(() => chatStream(["x"], { model: "other" })).start();
    const good = await new Server(async () => {
      await pause(150);
      liar.models = ["m"];
      return GOOD;
    }).start();
    const ran = await run(`["${liar.url}", "${good.url}"]`, { fields: ", concurrency: 1" });
    await Promise.all([liar.stop(), good.stop()]);
    allAnswered(ran);
    assert.ok(kinds(ran).every((kind) => kind === "wrong-model"));
    assert.match(ran.said.join("\n"), /is back/);
  });

  test("T16: a reply from another model is rejected whatever the model list says", async () => {
    const ran = await against(() => chatStream(["<think>x</think>", "y"], { model: "m-other" }));
    assert.equal(ran.end.exitCode, 1);
    assert.equal(row(ran).missing, IMAGES);
  });

  test("T17: a kept connection that the server closes between requests costs one repetition and no fault", async () => {
    let cuts = 0;
    const ran = await against(
      (_image, _nth, { turn }) => {
        if (turn === 0 || cuts > 0) return GOOD;
        cuts += 1;
        return { end: "reset" };
      },
      { fields: ", concurrency: 1" },
    );
    allAnswered(ran);
    assert.equal(cuts, 1);
    assert.deepEqual(kinds(ran), []);
  });

  test("T18: a 400 for one picture is final for that picture alone", async () => {
    let bad = "";
    const ran = await against((image) => {
      if (bad === "") bad = image;
      return image === bad ? recording("vllm-error-context") : GOOD;
    });
    assert.equal(ran.end.exitCode, 0);
    assert.deepEqual([row(ran).answered, row(ran).failed], [IMAGES - 1, 1]);
    assert.equal(ran.pairs.find((pair) => pair.outcome === "failed")?.reason, "rejected-by-server");
  });

  test("T19: a refused key stops the run at once, and is never shown", async () => {
    process.env.FAULTS_KEY = "sk-secret-42";
    const ran = await against(() => jsonResponse({ error: "Bad key sk-secret-42" }, 401), {
      fields: ", apiKeyEnv: FAULTS_KEY",
    });
    assert.equal(ran.end.exitCode, 1);
    assert.equal(row(ran).missing, IMAGES);
    assert.ok(!JSON.stringify([ran.end, ran.said, ran.ledger]).includes("secret"));
  });

  test("T21: a picture that kills the engine is found among those in flight, and set aside after it killed alone", async () => {
    let killer = "";
    let deaths = 0;
    const server = await new Server(async (image) => {
      if (killer === "") killer = image;
      // The others are still on their way when the engine dies.
      await pause(60);
      if (image !== killer) {
        await pause(200);
        return GOOD;
      }
      deaths += 1;
      await server.stop();
      setTimeout(() => void server.start(), 1_000);
      return { end: "reset" };
    }).start();
    const ran = await run(`["${server.url}"]`, { fields: ", concurrency: 4", times: { ...TIMES, probeMs: 2_000 } });
    await server.end();
    assert.equal(ran.end.exitCode, 0, ran.end.sentences.join("\n"));
    assert.deepEqual([row(ran).answered, row(ran).failed], [IMAGES - 1, 1]);
    assert.equal(ran.pairs.find((pair) => pair.outcome === "failed")?.reason, "set-aside");
    assert.equal(ran.pairs.find((pair) => pair.outcome === "failed")?.image, killer);
    assert.ok(deaths >= 2);
    assert.match(
      ran.ledger.find(({ fault }) => fault?.kind === "set-aside")?.fault?.message ?? "",
      /asked alone .* times/,
    );
  });

  test("T22: a redirect to another host is refused, and nothing goes there", async () => {
    const other = await startScriptedServer(() => GOOD);
    const ran = await against(() => ({ status: 307, headers: { location: `${other.url}/v1/chat/completions` } }));
    assert.equal(ran.end.exitCode, 1);
    assert.match(ran.end.sentences.join(), /redirect/);
    assert.equal(other.seen.length, 0);
    await other.close();
  });

  test("T23: an endpoint that speaks no TLS gives a clear sentence and an end", async () => {
    const server = await new Server(() => GOOD).start();
    const ran = await run(`["${server.url.replace("http:", "https:")}"]`);
    await server.end();
    assert.equal(ran.end.exitCode, 1);
    assert.match(ran.end.sentences.join(), /does not speak TLS|TLS/);
    assert.equal(ran.ledger.length, 0);
  });
});

describe("what a real vLLM did", { concurrency: 4 }, () => {
  test("an engine that dies in the middle of a stream sends an error event and then [DONE]: asked again", async () => {
    const ran = await against(first({ ...recording("vllm-kill-engine-killed") }));
    allAnswered(ran);
    assert.deepEqual(kinds(ran), ["server-error"]);
    assert.ok(ran.ledger.every((ended) => !ended.countsAsTry || ended.fault !== null));
  });

  test("SIGTERM ends a request as 200 with abort: asked again, never a row", async () => {
    const ran = await against(first(abortAs("m")));
    allAnswered(ran);
    assert.deepEqual(kinds(ran), ["incomplete"]);
  });

  test("SIGTERM leaves a request hanging without a byte: the port refuses, all in flight is cancelled and asked again", async () => {
    // Its health refuses while the sockets of open requests stay open.
    const front = await new Server(() => GOOD).start();
    const hang = await startScriptedServer((request) => {
      if (request.path.endsWith("/models")) return jsonResponse({ data: [{ id: "m" }] });
      if (request.path.endsWith("/health") && seen > 0) return { end: "reset" };
      if (!request.path.endsWith("/chat/completions")) return jsonResponse({});
      if (String(request.headers["x-request-id"]).startsWith("probe/"))
        return seen > 0 ? { end: "reset" } : front.probe;
      seen += 1;
      return { ...recording("vllm-kill-sigterm-hang"), end: "hang" };
    });
    let seen = 0;
    const ran = await run(`["${hang.url}/v1", "${front.url}"]`, {
      fields: ", concurrency: 2, tries: 1",
      times: IMPATIENT,
    });
    await Promise.all([front.stop(), hang.close()]);
    allAnswered(ran);
    assert.ok(seen > 0);
    assert.ok(ran.ledger.some(({ fault }) => /\/health refuses/.test(fault?.message ?? "")));
    assert.ok(ran.ledger.every((ended) => !ended.countsAsTry));
  });

  test("a draining server is healthy and answers 500: the cell waits and costs no try", async () => {
    const ran = await against(first(recording("vllm-drain-new-request")));
    allAnswered(ran);
    assert.ok(ran.ledger.every((ended) => !ended.countsAsTry));
  });

  test("a 500 for a picture's address is the cell's own fault and final after its tries", async () => {
    let bad = "";
    const ran = await against((image) => {
      if (bad === "") bad = image;
      return image === bad ? recording("vllm-error-url-refused") : GOOD;
    });
    assert.deepEqual([row(ran).answered, row(ran).failed], [IMAGES - 1, 1]);
    assert.equal(ran.ledger.filter((ended) => ended.countsAsTry).length, 3);
  });

  test("a parser that puts all into reasoning gives unparsed cells, named for what they are", async () => {
    const all = recording("vllm-parser-plain");
    const steps = (all.steps ?? []).map((step) => String(step).replaceAll("glm-tiny", "m"));
    const ran = await against(() => ({ ...all, steps }));
    assert.equal(row(ran).unparsed, IMAGES);
    assert.deepEqual(new Set(ran.pairs.map((pair) => pair.reason)), new Set(["answer-missing"]));
  });

  test("no request ever holds an image uuid, because a server answers from the picture it first saw under it", async () => {
    const ran = await against(() => GOOD);
    allAnswered(ran);
    for (const { body } of ran.server.chats) assert.ok(!/"uuid"/.test(body.toString()));
  });
});

describe("what a person sets", { concurrency: 4 }, () => {
  test("endpoints come and go by their file while the run goes on; one that left finishes what it has", async () => {
    const file = join(folder, "endpoints.jsonl");
    const line = (server: Server) => `${JSON.stringify({ url: server.url })}\n`;
    const second = await new Server(() => GOOD).start();
    const one = await new Server(async () => {
      await writeFile(file, line(second));
      await pause(400);
      return GOOD;
    }).start();
    await writeFile(file, line(one));
    const ran = await run(file, { fields: ", concurrency: 1", times: { ...TIMES, fileMs: 30 } });
    await Promise.all([one.stop(), second.stop()]);
    allAnswered(ran);
    assert.equal(one.chats.length, 1);
    assert.equal(second.chats.length, IMAGES - 1);
    assert.match(ran.said.join("\n"), /joins.*leaves/s);
  });

  test("a token budget ends the run in order, and the same line goes on", async () => {
    const words = (tokens: number) => `${tokens} tokens`;
    const server = await new Server(() => GOOD).start();
    const options = {
      fields: ", concurrency: 1",
      allowed: { timeMs: null, tokens: { most: 30, words } },
    };
    const ran = await run(`["${server.url}"]`, options);
    assert.equal(ran.end.exitCode, 3);
    assert.deepEqual([row(ran).answered, row(ran).missing], [3, 1]);
    assert.match(ran.end.sentences.join(), /30 tokens of 30 tokens are spent/);
    const more = await run(`["${server.url}"]`, { fields: options.fields, out: ran.out });
    await server.end();
    allAnswered(more);
  });

  test("a walltime that is over starts nothing and ends in order", async () => {
    const ran = await against(() => GOOD, { allowed: { timeMs: { ms: 0, name: "end of --walltime" }, tokens: null } });
    assert.equal(ran.end.exitCode, 3);
    assert.equal(ran.server.chats.length, 0);
  });

  test("truncated cells are asked again with a larger budget, and the first attempt is kept", async () => {
    const server = await new Server((_image, nth) =>
      nth === 1 ? chatStream(["<think>on"], { finishReason: "length" }) : GOOD,
    ).start();
    const fields = ", concurrency: 4";
    const ran = await run(`["${server.url}"]`, { fields });
    assert.equal(row(ran).truncated, IMAGES);
    const more = await run(`["${server.url}"]`, { fields, out: ran.out, again: ["truncated"], maxTokens: 64 });
    await server.end();
    assert.equal(more.end.exitCode, 0);
    assert.equal(row(more).answered, IMAGES);
    assert.equal(more.ledger.length, 2 * IMAGES);
    assert.equal(new Set(more.ledger.map((ended) => ended.key)).size, 2 * IMAGES);
    const asked = server.chats.map(({ body }) => (JSON.parse(body.toString()) as { max_tokens: number }).max_tokens);
    assert.deepEqual(
      [asked.filter((most) => most === 16).length, asked.filter((most) => most === 64).length],
      [IMAGES, IMAGES],
    );
  });
});

function abortAs(model: string): Behaviour {
  const abort = recording("vllm-kill-sigterm-default");
  return { ...abort, steps: (abort.steps ?? []).map((step) => String(step).replaceAll("glm-tiny", model)) };
}
