import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Capabilities } from "../records/index.js";
import { chatStream, jsonResponse, startScriptedServer } from "../testing/index.js";
import { openObserver, runRecipe, StopSwitch } from "./index.js";
import type { RunOptions } from "./run-recipe.js";

const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "imagenet-think-wires-"));
after(() => rm(folder, { recursive: true, force: true }));

/** Runs twelve photographs against one server; what was said. */
async function run(name: string, url: string, model: string, more: Partial<RunOptions> = {}) {
  const recipe = join(folder, `${name}.yaml`);
  const out = join(folder, name);
  await writeFile(
    recipe,
    `name: t\nimages: [{ source: folder, path: "${PHOTOS}" }]\nteachers: [{ name: t, model: ${model}, dialect: glm, endpoints: ["${url}"] }]\n`,
  );
  const said: string[] = [];
  const end = await runRecipe(recipe, {
    out,
    again: [],
    limit: null,
    keepGoing: true,
    shard: null,
    say: (sentence) => said.push(sentence),
    stop: new StopSwitch(),
    onGate: () => {},
    onGated: () => {},
    onProgress: () => {},
    ...more,
  });
  return { end, out, said };
}

async function recordOf(out: string): Promise<Capabilities> {
  const names = await readdir(join(out, "endpoints"));
  assert.equal(names.length, 1);
  assert.match(names[0] ?? "", /^t-[0-9a-f]{12}\.json$/);
  return JSON.parse(await readFile(join(out, "endpoints", names[0] ?? ""), "utf8")) as Capabilities;
}

test("a long run probes its endpoint once over all starts, keeps what it saw, and lists every request of the probe", async (t) => {
  const logFile = join(folder, "observer.log");
  const observer = await openObserver({ dialect: "glm", allowedFolder: PHOTOS, logFile });
  t.after(() => observer.close());
  const logged = async () =>
    (await readFile(logFile, "utf8"))
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { requestId: string }).requestId);

  const first = await run("once", observer.url, "observer-glm", { limit: 5, probeFromCells: 1 });
  assert.equal(first.end.exitCode, 3);
  const record = await recordOf(first.out);
  assert.deepEqual([record.readsFiles, record.takesStreamInterval, record.version], [true, true, "observer-1"]);
  const probes = (await logged()).filter((id) => id.startsWith("probe/"));
  assert.deepEqual(
    probes,
    record.requests.map((request) => request.requestId),
  );
  assert.equal((await logged()).length, probes.length + 5);

  const second = await run("once", observer.url, "observer-glm", { probeFromCells: 1 });
  assert.equal(second.end.exitCode, 0);
  assert.equal(second.end.status?.models.t?.answered, 12);
  assert.equal((await logged()).length, probes.length + 12);

  await run("once", observer.url, "observer-glm");
  assert.equal((await logged()).length, probes.length + 12, "a start with nothing missing sends nothing");
});

test("a server that refuses the dialect's fields is probed then, asked without them, and the person is told", async (t) => {
  const bodies: Record<string, unknown>[] = [];
  const server = await startScriptedServer((request) => {
    if (request.path === "/health") return { status: 200 };
    if (request.path === "/v1/models") return { status: 500, steps: ["Internal Server Error"] };
    if (request.path !== "/v1/chat/completions") return jsonResponse({ detail: "Not Found" }, 404);
    const body = JSON.parse(request.body.toString()) as Record<string, unknown>;
    const extras = ["skip_special_tokens", "stream_interval"].filter((name) => name in body);
    if (extras.length > 0) {
      const names = extras.map((name) => `'${name}'`).join(", ");
      return jsonResponse({ detail: `Unexpected fields in the request: {${names}}` }, 422);
    }
    if (!String(request.headers["x-request-id"]).startsWith("probe/")) bodies.push(body);
    return chatStream(["So, let's look.", "A cat."], { model: "m@main", done: false });
  });
  t.after(() => server.close());
  const { end, said } = await run("refused", `${server.url}/v1`, "m");
  assert.equal(end.exitCode, 0);
  assert.equal(end.status?.models.t?.unparsed, 12);
  assert.equal(bodies.length, 12);
  assert.ok(said.some((sentence) => /refuses skip_special_tokens and is asked without/.test(sentence)));
});

test("a short run sends its own requests and nothing else", async (t) => {
  const logFile = join(folder, "short.log");
  const observer = await openObserver({ dialect: "glm", logFile });
  t.after(() => observer.close());
  const { end } = await run("short", observer.url, "observer-glm");
  assert.equal(end.status?.complete, true);
  const lines = (await readFile(logFile, "utf8")).trim().split("\n");
  assert.equal(lines.length, 12);
  assert.ok(lines.every((line) => !line.includes("probe/")));
});
