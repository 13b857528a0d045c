import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Outcome, Pair } from "../records/index.js";
import { type Behaviour, chatStream, jsonResponse, type SeenRequest, startScriptedServer } from "../testing/index.js";
import { exportRun, readStatus, runRecipe, StopSwitch, showCells, streamPairs } from "./index.js";
import type { RunEnd, RunOptions } from "./run-recipe.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const GOOD = chatStream(["<think>Stripes.</think>", "<answer>A cat.</answer>"]);
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-run-"));
after(() => rm(folder, { recursive: true, force: true }));

interface Served {
  readonly chats: SeenRequest[];
  readonly out: string;
  readonly endpoint: string;
  run(options?: {
    again?: readonly Outcome[];
    limit?: number;
    keepGoing?: boolean;
    stop?: StopSwitch;
    recipe?: string;
    onProgress?: RunOptions["onProgress"];
    say?: RunOptions["say"];
  }): Promise<RunEnd>;
  pairs(): Promise<readonly Pair[]>;
}

let count = 0;

/** A run over the twelve photographs against one scripted server; `script` is asked for chat requests only. */
async function serve(
  script: (image: string, nth: number, request: SeenRequest) => Behaviour | Promise<Behaviour>,
  fields = "",
): Promise<Served & AsyncDisposable> {
  const chats: SeenRequest[] = [];
  const nth = new Map<string, number>();
  const server = await startScriptedServer((request) => {
    if (request.path.endsWith("/models")) return jsonResponse({ object: "list", data: [{ id: "m" }] });
    if (!request.path.endsWith("/chat/completions")) return jsonResponse({});
    const id = String(request.headers["x-request-id"]);
    if (id.startsWith("probe/")) {
      return jsonResponse({
        model: "m",
        choices: [{ index: 0, message: { content: "yes" }, finish_reason: "length" }],
      });
    }
    const image = id.split("/")[0] ?? "";
    nth.set(image, (nth.get(image) ?? 0) + 1);
    chats.push(request);
    return script(image, nth.get(image) ?? 0, request);
  });
  const place = join(folder, String(count++));
  const out = `${place}-run`;
  const recipe = `${place}.yaml`;
  const text = `name: t
images: [{ source: folder, path: "${PHOTOS}" }]
teachers: [{ name: t, model: m, dialect: glm, endpoints: ["${server.url}/v1"], concurrency: 4${fields} }]
`;
  await writeFile(recipe, text);
  return {
    chats,
    out,
    endpoint: `${server.url}/v1`,
    async run(options = {}) {
      if (options.recipe !== undefined) await writeFile(recipe, `${text}${options.recipe}`);
      return runRecipe(recipe, {
        out,
        again: options.again ?? [],
        limit: options.limit ?? null,
        keepGoing: options.keepGoing ?? false,
        shard: null,
        say: options.say ?? (() => {}),
        stop: options.stop ?? new StopSwitch(),
        onGate: () => {},
        onGated: () => {},
        onProgress: options.onProgress ?? (() => {}),
      });
    },
    pairs: async () => {
      const pairs: Pair[] = [];
      for await (const pair of streamPairs(out, { model: null, outcomes: [], say: () => {} })) pairs.push(pair);
      return pairs;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function tally(end: RunEnd) {
  const row = end.status?.models.t;
  assert.ok(row);
  const { answered, truncated, unparsed, refused, failed, missing, attempts } = row;
  assert.equal(answered + truncated + unparsed + refused + failed + missing, 12);
  return { answered, truncated, unparsed, refused, failed, missing, attempts };
}

const ALL_ANSWERED = { answered: 12, truncated: 0, unparsed: 0, refused: 0, failed: 0, missing: 0, attempts: 12 };

test("every cell is asked once by a healthy run, and a second start sends nothing at all", async () => {
  await using served = await serve(() => GOOD);
  const first = await served.run();
  assert.equal(first.exitCode, 0);
  assert.deepEqual(tally(first), ALL_ANSWERED);
  assert.equal(first.status?.complete, true);
  const again = await served.run();
  assert.equal(again.exitCode, 0);
  assert.deepEqual(tally(again), ALL_ANSWERED);
  assert.equal(served.chats.length, 12);
});

test("every request carries image, model, attempt and run, and the request fields of its dialect", async () => {
  await using served = await serve(() => GOOD, ", temperature: 0.8, extra: { top_p: 0.9 }");
  await served.run();
  const { run8 } = JSON.parse(await readFile(join(served.out, "run.json"), "utf8")) as { run8: string };
  const ids = new Set(served.chats.map((chat) => String(chat.headers["x-request-id"])));
  assert.equal(ids.size, 12);
  for (const id of ids) assert.match(id, new RegExp(`^n\\d{8}_\\d+/t/[a-z0-9]+-\\d+/${run8}$`));
  const body = JSON.parse(served.chats[0]?.body.toString() ?? "") as Record<string, unknown>;
  const { messages, ...fields } = body;
  assert.deepEqual(fields, {
    model: "m",
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: 8192,
    temperature: 0.8,
    top_p: 0.9,
    skip_special_tokens: false,
  });
  const [user] = messages as { role: string; content: { type: string }[] }[];
  assert.deepEqual(
    user?.content.map((part) => part.type),
    ["image_url", "text"],
  );
});

test("cut, refused and unreadable replies are outcomes of their own, final, and asked anew only by --again", async () => {
  let generous = false;
  await using served = await serve((image) => {
    if (image === "n02123045_1" && !generous) return chatStream(["<think>It goes on"], { finishReason: "length" });
    if (image === "n07920052_2") return chatStream(["<think>x</think>I'm sorry, but I can't help with that."]);
    if (image === "n04265904_3") return chatStream(["No tags at all."]);
    return GOOD;
  });
  const first = await served.run();
  assert.equal(first.exitCode, 0);
  assert.deepEqual(tally(first), { ...ALL_ANSWERED, answered: 9, truncated: 1, refused: 1, unparsed: 1 });
  generous = true;
  const second = await served.run({ again: ["truncated"] });
  assert.equal(served.chats.length, 13);
  assert.deepEqual(tally(second), { ...ALL_ANSWERED, answered: 10, refused: 1, unparsed: 1, attempts: 13 });
  const cell = (await served.pairs()).find((pair) => pair.image === "n02123045_1");
  assert.equal(cell?.outcome, "answered");
  assert.equal(cell?.attempts, 2);
});

test("a request the server refuses fails after its tries; a 500 and a 503 cost nothing but time", async () => {
  await using served = await serve((image, nth) => {
    if (image === "n02123045_1") return jsonResponse({ error: { message: "bad image", code: 400 } }, 400);
    if (image === "n07920052_2" && nth === 1) return jsonResponse({ error: { message: "boom", code: 500 } }, 500);
    if (image === "n04265904_3" && nth === 1) return jsonResponse({ error: { message: "full", code: 503 } }, 503);
    return GOOD;
  });
  const end = await served.run();
  assert.equal(end.exitCode, 0);
  assert.deepEqual(tally(end), { ...ALL_ANSWERED, answered: 11, failed: 1, attempts: 16 });
  const failed = (await served.pairs()).find((pair) => pair.outcome === "failed");
  assert.deepEqual([failed?.image, failed?.reason, failed?.attempts], ["n02123045_1", "rejected-by-server", 3]);
});

test("a stream that ends without a finish reason is no reply, and is asked again", async () => {
  await using served = await serve((image, nth) =>
    image === "n02123045_1" && nth < 3 ? chatStream(["<think>x</think>half"], { finishReason: null }) : GOOD,
  );
  const end = await served.run();
  assert.deepEqual(tally(end), { ...ALL_ANSWERED, attempts: 14 });
});

test("where all replies are of no use, asking stops with the reason, a sample and the cure", async () => {
  // Twelve pictures are too few for twenty first replies, unless a cell is asked several times.
  await using served = await serve(() => jsonResponse({ error: { message: "no vision", code: 400 } }, 400));
  const end = await served.run();
  assert.equal(end.exitCode, 1);
  assert.match(end.sentences.join("\n"), /asking stopped, the last 20 replies are of no use.*rejected-by-server/);
  assert.match(end.sentences.join("\n"), /--keep-going/);
  const more = await served.run({ keepGoing: true });
  assert.equal(more.exitCode, 0);
  assert.equal(tally(more).failed, 12);
});

test("a wrong model is found before the first picture is sent", async () => {
  await using served = await serve(() => GOOD);
  const recipe = `${served.out.replace(/-run$/, "")}-wrong.yaml`;
  const text = (await readFile(served.out.replace(/-run$/, ".yaml"), "utf8")).replace("model: m", "model: mm");
  await writeFile(recipe, text);
  const end = await runRecipe(recipe, {
    out: served.out,
    again: [],
    limit: null,
    keepGoing: false,
    shard: null,
    say: () => {},
    stop: new StopSwitch(),
    onGate: () => {},
    onGated: () => {},
    onProgress: () => {},
  });
  assert.equal(end.exitCode, 1);
  assert.match(end.sentences.join(), /"mm"/);
  assert.equal(served.chats.length, 0);
});

test("--limit starts that many cells and ends with work left; the same line goes on", async () => {
  await using served = await serve(() => GOOD);
  let told = -1;
  const first = await served.run({ limit: 5, onProgress: ({ done }) => (told = done) });
  assert.equal(first.exitCode, 3);
  assert.equal(told, 5, "the last word is of the last reply, however fast they came");
  assert.deepEqual(tally(first), { ...ALL_ANSWERED, answered: 5, missing: 7, attempts: 5 });
  assert.equal((await served.run()).exitCode, 0);
  assert.equal(served.chats.length, 12);
});

test("a limit that the last cell reaches stops nothing", async () => {
  await using served = await serve(() => GOOD);
  const end = await served.run({ limit: 12 });
  assert.deepEqual([end.exitCode, end.sentences], [0, []]);
});

test("a start that asks again and is cut ends with work left, though no cell is missing", async () => {
  await using served = await serve(() => chatStream(["<think>It goes on"], { finishReason: "length" }));
  assert.equal((await served.run({ keepGoing: true })).exitCode, 0);
  const cut = await served.run({ again: ["truncated"], limit: 5 });
  assert.deepEqual(
    [cut.exitCode, cut.sentences],
    [3, ["t: the --limit is reached; the same line goes on where it stopped"]],
  );
  assert.equal((await served.run({ again: ["truncated"], limit: 12 })).exitCode, 0);
});

test("stopped once it lets what is in flight finish, and leaves a good folder", async () => {
  const stop = new StopSwitch();
  await using served = await serve(() => {
    stop.drain("stopped by a test");
    return GOOD;
  });
  const end = await served.run({ stop });
  assert.equal(end.exitCode, 3);
  const { answered, missing } = tally(end);
  assert.ok(answered >= 1 && answered <= 4 && answered + missing === 12);
  assert.equal((await served.run()).exitCode, 0);
  assert.equal(served.chats.length, 12);
});

test("a changed question is refused and shown; growth is not", async () => {
  await using served = await serve(() => GOOD);
  await served.run();
  await assert.rejects(
    served.run({ recipe: "prompt: { text: Another question }\n" }),
    /prompt: was .*is .*Another question/s,
  );
  assert.equal(served.chats.length, 12);
  const end = await served.run({ recipe: "licence: CC0-1.0\n" });
  assert.equal(end.exitCode, 0);
});

test("two starts on one folder at once: the second is refused by name", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = await startScriptedServer(async (request) => {
    if (request.path.endsWith("/models")) return jsonResponse({ data: [{ id: "m" }] });
    await held;
    return GOOD;
  });
  const recipe = join(folder, "two.yaml");
  await writeFile(
    recipe,
    `name: t\nimages: [{ source: folder, path: "${PHOTOS}" }]\nteachers: [{ name: t, model: m, dialect: glm, endpoints: ["${slow.url}/v1"] }]\n`,
  );
  const start = () =>
    runRecipe(recipe, {
      out: join(folder, "two"),
      again: [],
      limit: null,
      keepGoing: false,
      shard: null,
      say: () => {},
      stop: new StopSwitch(),
      onGate: () => {},
      onGated: () => {},
      onProgress: ({ done }) => {
        if (done === 0) begun();
      },
    });
  let begun = () => {};
  const asking = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const first = start();
  await asking;
  await assert.rejects(start(), new RegExp(`${process.pid}`));
  release();
  assert.equal((await first).exitCode, 0);
  await slow.close();
});

test("an API key goes to the server and into no file of the run", async () => {
  process.env.T_KEY = "sk-very-secret-0123456789";
  await using served = await serve(
    (image, nth) =>
      image === "n02123045_1" && nth === 1 ? jsonResponse({ error: "sk-very-secret-0123456789 is odd" }, 400) : GOOD,
    ", apiKeyEnv: T_KEY",
  );
  await served.run();
  assert.equal(served.chats[0]?.headers.authorization, "Bearer sk-very-secret-0123456789");
  for (const name of await readdir(served.out, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const bytes = await readFile(join(name.parentPath, name.name));
    assert.ok(!bytes.includes("sk-very-secret"), name.name);
  }
});

test("a model that nobody serves is said while the others go on, and again at the end", async () => {
  let isSaid = () => {};
  const said = new Promise<void>((resolve) => {
    isSaid = resolve;
  });
  // Where it is said too late nobody ever answers, and the test ends as one that hangs.
  await using served = await serve(async () => {
    await said;
    return GOOD;
  });
  const end = await served.run({
    recipe: `candidates: [{ name: other, model: not-there, dialect: glm, endpoints: ["${served.endpoint}"] }]\n`,
    say: (sentence) => {
      if (sentence.startsWith("other: ")) isSaid();
    },
  });
  assert.equal(end.exitCode, 1);
  assert.equal(tally(end).answered, 12);
  assert.match(
    end.sentences.join(),
    /^other: no endpoint is left that may be asked: .* does not serve "not-there" but m$/,
  );
});

test("an image is shown by its id and by its file name", async () => {
  await using served = await serve(() => GOOD);
  await served.run();
  const show = (image: string) => showCells(served.out, image, { model: null, say: () => {} });
  const shown = await show("n02123045_1");
  assert.deepEqual(
    shown.cells.map(({ pair, attempts }) => [pair.answer, attempts.length]),
    [["A cat.", 1]],
  );
  assert.deepEqual(await show("n02123045/n02123045_1.JPEG"), shown);
  await assert.rejects(show("n02123045_1.JPEG"), /is not among the 12 images of /);
});

test("status agrees with the ledger from another reader", async () => {
  await using served = await serve(() => GOOD);
  const end = await served.run();
  assert.deepEqual((await readStatus(served.out, () => {})).models, end.status?.models);
});

test("a key that is not set is said before any picture is looked at", async () => {
  await using served = await serve(() => GOOD, ", apiKeyEnv: RUN_TEST_UNSET");
  await assert.rejects(served.run(), /the environment variable RUN_TEST_UNSET, which holds the key of t, is not set/);
  assert.deepEqual(await readdir(served.out).then((names) => names.filter((name) => name === "gate")), []);
});

test("what is made of a run whose pictures were all turned away says so", async () => {
  await using served = await serve(() => GOOD);
  const { exitCode, sentences } = await served.run({ recipe: "gate: { minSide: 4000 }\n" });
  assert.equal(exitCode, 0);
  assert.match(sentences.join(), /^nothing was asked: every picture was turned away \(too-small 12\); /);
  const options = { ...{ format: "jsonl", to: `${served.out}-export`, teachers: null, parts: "both" } };
  const more = { thinking: null, subset: null, split: null, escape: false, withPixels: false, people: null };
  await assert.rejects(
    exportRun(served.out, { ...options, ...more, tokenizer: null, say: () => {} }),
    /the sample of .* is empty: every picture was turned away/,
  );
});
