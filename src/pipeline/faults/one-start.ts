import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram, type ScriptedModel } from "../../testing/index.js";
import type { DriveTimes } from "../drive-times.js";
import type { ModelStatus, RunStatus } from "../read-status.js";
import { assertAgreement, assertAllAsked, IMAGES, type Ledger, readLedger, writeRecipe } from "./run-folder.js";

/** What one teacher of a start went through. */
export interface Ran extends Ledger {
  /** Of the whole start. */
  readonly exitCode: number | null;
  /** The start's stderr. */
  readonly said: string;
  readonly status: ModelStatus;
}

/** Teachers that meet their faults side by side in one start of the program: each has its own endpoints and its own ledger. */
export interface OneStart {
  /** Adds a teacher; what is given starts the program when it is first called, once for all. */
  teacher(
    name: string,
    servers: ScriptedModel | readonly ScriptedModel[],
    fields?: Readonly<Record<string, unknown>>,
  ): () => Promise<Ran>;
}

export interface OneStartOptions {
  /** Waits of the drive that are longer than a test may take, folded. */
  readonly times?: Partial<DriveTimes>;
  /** Further JavaScript that the process runs first. */
  readonly preload?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Other pictures, a larger sample. */
  readonly recipe?: Readonly<Record<string, unknown>>;
  /** Looks into the run folder before it is removed. */
  readonly inspect?: (out: string) => Promise<void>;
}

interface Case {
  readonly name: string;
  readonly servers: readonly ScriptedModel[];
  readonly endpoints: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
}

export function inOneStart(options: OneStartOptions = {}): OneStart {
  const cases: Case[] = [];
  let all: Promise<ReadonlyMap<string, Ran>> | null = null;
  return {
    teacher(name, given, fields = {}) {
      const servers = "url" in given ? [given] : given;
      cases.push({ name, servers, fields, endpoints: servers.map(({ url }) => url) });
      return async () => {
        all ??= start(cases, options);
        const ran = (await all).get(name);
        assert.ok(ran, `${name} was added after the start`);
        return ran;
      };
    },
  };
}

async function start(cases: readonly Case[], options: OneStartOptions): Promise<ReadonlyMap<string, Ran>> {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-faults-"));
  try {
    const recipe = await writeRecipe(join(folder, "recipe.json"), cases, options.recipe);
    const out = join(folder, "run");
    const { env = {}, preload = "", times = {} } = options;
    const { code, stdout, stderr } = await runProgram(["run", recipe, "--out", out, "--json"], {
      env,
      preload: `${foldTimes(times)}\n${preload}`,
    });
    assert.ok(stdout.startsWith("{"), stderr);
    const status = JSON.parse(stdout) as RunStatus;
    const ran = new Map<string, Ran>();
    for (const { name, servers } of cases) {
      const ledger = await readLedger(out, name);
      await assertAllAsked(out, name, servers);
      ran.set(name, { ...ledger, status: assertAgreement(status, name, ledger), exitCode: code, said: stderr });
    }
    await options.inspect?.(out);
    return ran;
  } finally {
    await Promise.all(cases.flatMap(({ servers }) => servers.map((server) => server.close())));
    await rm(folder, { recursive: true, force: true });
  }
}

/** A preload that shortens waits of the drive in the program's own process; what is waited for stays the same. */
export function foldTimes(times: Partial<DriveTimes>): string {
  const file = new URL("../drive-times.js", import.meta.url);
  return `import { DRIVE_TIMES } from ${JSON.stringify(file.href)}; Object.assign(DRIVE_TIMES, ${JSON.stringify(times)});`;
}

/** Every cell is answered, each accepted once, and the exit code says so. */
export function assertAllAnswered(ran: Ran, images = IMAGES): void {
  assert.equal(ran.exitCode, 0, ran.said);
  assert.equal(ran.status.answered, images);
  assert.equal(ran.ended.filter(({ fault }) => fault === null).length, images);
}
