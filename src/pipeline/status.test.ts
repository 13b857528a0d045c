import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chatStream, jsonResponse, type SeenRequest, startScriptedServer } from "../testing/index.js";
import type { RunStatus } from "./read-status.js";

/** The program of the build that this test belongs to. */
const MAIN = new URL("../cli/main.js", import.meta.url).href;
const PHOTOS = fileURLToPath(new URL("../../data/photos", import.meta.url));
const GOOD = chatStream(["<think>Stripes.</think>", "<answer>A cat.</answer>"], {
  usage: { prompt_tokens: 7, completion_tokens: 3_000 },
});
/** Timers run this many times as fast, so that nobody waits for a heartbeat; clocks are as they are. */
const FASTER = 20;
const HURRY = `const real = setTimeout; globalThis.setTimeout = (call, ms, ...rest) => real(call, ms / ${FASTER}, ...rest);`;

const folder = await mkdtemp(join(tmpdir(), "imagenet-think-status-"));
after(() => rm(folder, { recursive: true, force: true }));

/** Starts the real program as a process of its own. */
function program(...args: readonly string[]) {
  const code = `${HURRY} const { main } = await import("${MAIN}"); process.exitCode = await main(process.argv);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code, "imagenet-think", ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  return { child, ended: once(child, "close").then(([exitCode]) => ({ exitCode: exitCode as number | null, stdout })) };
}

async function statusOf(run: string): Promise<RunStatus> {
  const { exitCode, stdout } = await program("status", run, "--json").ended;
  assert.equal(exitCode, 0);
  return JSON.parse(stdout) as RunStatus;
}

test("status tells from another process what each endpoint does, then that the writer is gone, then that all is done", async () => {
  let served = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = await startScriptedServer(async ({ path, headers }: SeenRequest) => {
    if (path.endsWith("/models")) return jsonResponse({ data: [{ id: "m" }] });
    if (!path.endsWith("/chat/completions")) return jsonResponse({}, 404);
    if (String(headers["x-request-id"]).startsWith("probe/")) return jsonResponse({}, 500);
    served += 1;
    if (served === 1) return jsonResponse({ error: "slow down" }, 429);
    if (served > 3) await held;
    return GOOD;
  });
  const endpoint = `${server.url}/v1`;
  const recipe = join(folder, "recipe.json");
  const out = join(folder, "run");
  const teacher = { name: "t", model: "m", dialect: "glm", concurrency: 2, endpoints: [endpoint] };
  const images = [{ source: "folder", path: PHOTOS }];
  await writeFile(recipe, JSON.stringify({ name: "live", images, sample: { size: 6, seed: 1 }, teachers: [teacher] }));

  const run = program("run", recipe, "--out", out);
  try {
    // Two answered and two under way: the rest waits for `release`.
    let status = await statusWhen(
      out,
      ({ models, endpoints }) => models.t?.answered === 2 && endpoints[0]?.inFlight === 2,
    );
    assert.deepEqual([status.models.t?.missing, status.models.t?.attempts, status.models.t?.cut], [4, 3, 0]);
    const { tokensPerSecond = 0, ...state } = status.endpoints[0] ?? {};
    assert.deepEqual(state, {
      ...{ model: "t", endpoint, inFlight: 2, limit: 2, why: "fixed by the recipe" },
      ...{ faults: { busy: 1 }, isOut: false },
    });
    assert.ok(tokensPerSecond > 0);
    assert.ok((status.perSecond?.cells ?? 0) > 0);
    assert.ok((status.secondsLeft ?? 0) > 0);
    assert.equal(status.secondsLeftRange, null, "two cells say nothing about four");
    assert.deepEqual(status.gone, []);
    const { stdout } = await program("status", out).ended;
    assert.match(stdout, /^now: [\d.]+ cells\/s, [\d,]+ tokens\/s; about .* left \(a guess from few cells\)$/m);
    assert.match(
      stdout,
      /^t at http:.*: 2 in flight, limit 2, [\d,]+ tokens\/s\n {2}fixed by the recipe\n {2}errors: busy 1$/m,
    );
    assert.match(stdout, /^requests without a pair: t 1 of 3 \(busy 1\)$/m);

    run.child.kill("SIGKILL");
    await run.ended;
    status = await statusOf(out);
    assert.equal(status.perSecond, null);
    assert.deepEqual(status.endpoints, []);
    assert.equal(status.models.t?.cut, 2);
    assert.equal(status.gone.length, 1);
    const [gone] = status.gone;
    assert.equal(gone?.pid, run.child.pid);
    assert.ok((gone?.cellsPerSecond ?? 0) > 0);
    assert.ok((gone?.lastTokensPerSecond ?? 0) > 0);
    const dead = (await program("status", out).ended).stdout;
    assert.doesNotMatch(dead, /^now:/m);
    assert.match(
      dead.replace(/\s+/g, " "),
      /the writer \(process \d+ on .*\) is gone without closing, last seen .* UTC, .* ago; until then/,
    );
    assert.match(dead, /^requests without a pair: t 3 of 5 \(cut by a kill 2, busy 1\)$/m);

    release();
    const ended = await program("run", recipe, "--out", out).ended;
    assert.equal(ended.exitCode, 0);
    assert.match(ended.stdout, /^requests without a pair: t 3 of 9 \(cut by a kill 2, busy 1\)$/m);
    status = await statusOf(out);
    assert.deepEqual([status.complete, status.gone, status.perSecond], [true, [], null]);
  } finally {
    release();
    run.child.kill("SIGKILL");
    await server.close();
  }
});

/** Looks until `isSo`; a heartbeat is not long in coming. */
async function statusWhen(run: string, isSo: (status: RunStatus) => boolean): Promise<RunStatus> {
  for (;;) {
    const status = await statusOf(run).catch(() => null);
    if (status !== null && isSo(status)) return status;
  }
}
