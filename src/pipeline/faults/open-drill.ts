import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  type ChatScript,
  chatStream,
  type ProgramEnd,
  runProgram,
  type ScriptedModel,
  type StartedProgram,
  type StartOptions,
  startProgram,
  startScriptedModel,
} from "../../testing/index.js";
import type { ModelStatus, RunStatus } from "../read-status.js";
import { assertAgreement, assertAllAsked, type Ledger, readLedger, writeRecipe } from "./run-folder.js";

/** A run of one teacher, `t`, that is started as often as a test likes. */
export interface Drill {
  readonly folder: string;
  readonly recipe: string;
  readonly out: string;
  readonly server: ScriptedModel;
  start(flags?: readonly string[], options?: StartOptions): StartedProgram;
  run(flags?: readonly string[], options?: StartOptions): Promise<ProgramEnd>;
  /** Holds what a start printed against the ledger, and the ledger against what the server saw. */
  check(end: ProgramEnd): Promise<Ledger & { readonly status: ModelStatus }>;
}

export interface DrillOptions {
  readonly script: ChatScript;
  /** Further keys of the teacher, and of the recipe. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly recipe?: Readonly<Record<string, unknown>>;
}

export async function openDrill(test: TestContext, options: DrillOptions): Promise<Drill> {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-drill-"));
  const server = await startScriptedModel(options.script);
  test.after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const teacher = { name: "t", endpoints: [server.url], ...(options.fields && { fields: options.fields }) };
  const recipe = await writeRecipe(join(folder, "recipe.json"), [teacher], options.recipe);
  const out = join(folder, "run");
  const line = (flags: readonly string[]) => ["run", recipe, "--out", out, "--json", ...flags];
  return {
    ...{ folder, recipe, out, server },
    start: (flags = [], options) => startProgram(line(flags), options),
    run: (flags = [], options) => runProgram(line(flags), options),
    async check({ stdout, stderr }) {
      assert.ok(stdout.startsWith("{"), stderr);
      const ledger = await readLedger(out, "t");
      await assertAllAsked(out, "t", [server]);
      return { ...ledger, status: assertAgreement(JSON.parse(stdout) as RunStatus, "t", ledger) };
    },
  };
}

/** Replies that name their picture. */
export function sayPicture(image: string) {
  return chatStream([`<think>Of ${image}.</think>`, `<answer>${image}</answer>`]);
}

/** A server that answers `free` requests at once and holds the others until it is told to go on. */
export function holdAfter(free: number): {
  readonly script: ChatScript;
  release(): void;
  /** How many requests it holds now. */
  held(): number;
} {
  let count = 0;
  let isReleased = false;
  let waiting: (() => void)[] = [];
  return {
    async script(image) {
      count += 1;
      if (count > free && !isReleased) await new Promise<void>((resolve) => waiting.push(resolve));
      return sayPicture(image);
    },
    release() {
      isReleased = true;
      for (const go of waiting) go();
      waiting = [];
    },
    held: () => waiting.length,
  };
}

/** Waits for something that the program does; gives up when it has ended. */
export async function until(isSo: () => boolean, program: StartedProgram): Promise<void> {
  while (!isSo()) {
    if (program.child.exitCode !== null || program.child.signalCode !== null)
      assert.fail(`the program ended too early: ${program.said()}`);
    await pause(10);
  }
}
