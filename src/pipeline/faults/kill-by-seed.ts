import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Pair } from "../../records/index.js";
import {
  type ProgramEnd,
  runProgram,
  type ScriptedModel,
  seeded,
  startProgram,
  startScriptedModel,
} from "../../testing/index.js";
import type { RunStatus } from "../read-status.js";
import { sayPicture } from "./open-drill.js";
import { assertAgreement, assertAllAsked, readLedger, writeRecipe } from "./run-folder.js";

/** All the bundled photos. */
const PICTURES = 12;
/** After so many kills a run may finish, if it has not yet. */
const KILLS_A_RUN = 8;

export interface KillsDone {
  /** Starts that were killed; the others ended before their moment. */
  readonly kills: number;
  /** Runs that were finished and held against the calm one. */
  readonly runs: number;
  /** Starts that said a killed one had been passed by. */
  readonly passedBy: number;
}

/**
 * Starts the program once for every seed and kills it at a moment drawn from that seed: from its first module to its last
 * segment. What was acknowledged must be there after every kill, and each finished run must hold the records of one
 * that nobody disturbed.
 */
export async function killBySeed(
  seeds: readonly number[],
  onSeed: (seed: number, done: KillsDone) => void = () => {},
): Promise<KillsDone> {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-kills-"));
  const server = await startScriptedModel(async (image, nth) => {
    await pause(20);
    // Some pictures break off now and then, so that retries are killed too.
    return nth % 3 === 1 && Number(image.split("_")[1]) % 3 === 0 ? { end: "reset" } : sayPicture(image);
  });
  try {
    const recipe = await writeRecipe(
      join(folder, "recipe.json"),
      [{ name: "t", endpoints: [server.url], fields: { concurrency: 3 } }],
      { sample: { size: PICTURES, seed: 1 } },
    );
    const line = (out: string) => ["run", recipe, "--out", out, "--json"];
    const startedAt = performance.now();
    const calmRun = join(folder, "calm");
    const calm = await finish(calmRun, server, await runProgram(line(calmRun)));
    const calmMs = performance.now() - startedAt;

    const done = { kills: 0, runs: 0, passedBy: 0 };
    const settle = async (out: string, end: ProgramEnd) => {
      assert.deepEqual(await finish(out, server, end), calm);
      await rm(out, { recursive: true });
      done.runs += 1;
    };
    let run: { readonly out: string; kills: number; kept: readonly Pair[] } | null = null;
    for (const seed of seeds) {
      run ??= { out: join(folder, `killed-${seed}`), kills: 0, kept: [] };
      const missing = PICTURES - run.kept.length;
      const end = await killOnce(line(run.out), server, { seed, calmMs, missing });
      if (end.stderr.includes("ended without closing; its records are kept")) done.passedBy += 1;
      if (end.code === null) {
        done.kills += 1;
        run.kills += 1;
        run.kept = await stillThere(run.out, run.kept);
      }
      if (end.code !== null || run.kills === KILLS_A_RUN || seed === seeds.at(-1)) {
        await settle(run.out, end.code === null ? await runProgram(line(run.out)) : end);
        run = null;
      }
      onSeed(seed, done);
    }
    return done;
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Half of the seeds kill at a moment of the calm run's length, half a moment after a request of this start. */
async function killOnce(
  line: readonly string[],
  server: ScriptedModel,
  { seed, calmMs, missing }: { readonly seed: number; readonly calmMs: number; readonly missing: number },
): Promise<ProgramEnd> {
  const random = seeded(seed);
  const isTimed = random() < 0.5;
  const share = random();
  const moment = random();
  const before = server.chats.length;
  const program = startProgram(line);
  let isOver = false;
  void program.ended.then(() => {
    isOver = true;
  });
  if (isTimed) await Promise.race([pause(share * calmMs), program.ended]);
  else {
    while (!isOver && server.chats.length <= before + share * missing) await pause(1);
    await pause(moment * 50);
  }
  program.child.kill("SIGKILL");
  return program.ended;
}

/** Checks that no answered cell of an earlier look is gone or other; gives those of now. */
async function stillThere(out: string, kept: readonly Pair[]): Promise<readonly Pair[]> {
  // Killed before it was a run: there is nothing yet.
  const { pairs } = await readLedger(out, "t").catch(() => ({ pairs: [] }));
  const answered = new Map(pairs.filter(({ outcome }) => outcome === "answered").map((pair) => [pair.image, pair]));
  for (const { image, answer } of kept) assert.equal(answered.get(image)?.answer, answer, `${image} was lost`);
  return [...answered.values()];
}

/** Holds a finished run against itself and the server; gives its records without the number of attempts. */
async function finish(out: string, server: ScriptedModel, end: ProgramEnd): Promise<readonly Omit<Pair, "attempts">[]> {
  assert.equal(end.code, 0, end.stderr);
  const ledger = await readLedger(out, "t");
  const { answered } = assertAgreement(JSON.parse(end.stdout) as RunStatus, "t", ledger);
  assert.equal(answered, PICTURES);
  assert.equal(ledger.ended.filter(({ fault }) => fault === null).length, PICTURES, "a cell was answered twice");
  await assertAllAsked(out, "t", [server]);
  return ledger.pairs.map(({ attempts: _, ...pair }) => pair);
}
