import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Ended, OUTCOMES, type Pair } from "../../records/index.js";
import { openStore } from "../../store/index.js";
import type { ScriptedModel } from "../../testing/index.js";
import type { ModelStatus, RunStatus } from "../read-status.js";
import { streamPairs } from "../stream-pairs.js";

export const PHOTOS = fileURLToPath(new URL("../../../data/photos", import.meta.url));
/** Pictures of a run where a test does not say otherwise. */
export const IMAGES = 4;

export interface RecipeTeacher {
  readonly name: string;
  /** Base URLs, or the path of an endpoints file. */
  readonly endpoints: readonly string[] | string;
  /** Further keys of the teacher. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Writes a recipe of GLM teachers about the bundled photos. `change` has further keys of the recipe. */
export async function writeRecipe(
  file: string,
  teachers: readonly RecipeTeacher[],
  change: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const recipe = {
    name: "faults",
    images: [{ source: "folder", path: PHOTOS }],
    sample: { size: IMAGES, seed: 1 },
    teachers: teachers.map(({ name, endpoints, fields }) => ({
      ...{ name, endpoints, model: "m", dialect: "glm", maxTokens: 16 },
      ...fields,
    })),
    ...change,
  };
  await writeFile(file, JSON.stringify(recipe));
  return file;
}

/** What a run folder holds of one model. */
export interface Ledger {
  /** Every attempt that ended, in the order written. */
  readonly ended: readonly Ended[];
  readonly pairs: readonly Pair[];
}

export async function readLedger(out: string, model: string): Promise<Ledger> {
  const store = await openStore(out, { say: () => {} });
  const ended: Ended[] = [];
  for await (const some of store.attempts(model)) ended.push(...some);
  const pairs: Pair[] = [];
  for await (const pair of streamPairs(out, { model, outcomes: [], say: () => {} })) pairs.push(pair);
  return { ended, pairs };
}

/** Kinds of the faults, in the order written. */
export function faultKinds({ ended }: Pick<Ledger, "ended">): readonly string[] {
  return ended.flatMap(({ fault }) => (fault === null ? [] : [fault.kind]));
}

/** Holds the printed arithmetic against the attempts on disk: all that every fault of the list must leave true. */
export function assertAgreement(status: RunStatus, model: string, { ended, pairs }: Ledger): ModelStatus {
  const row = status.models[model];
  assert.ok(row, `status has no row for ${model}`);
  assert.equal(pairs.length, status.images);
  for (const outcome of OUTCOMES) {
    assert.equal(row[outcome], pairs.filter((pair) => pair.outcome === outcome).length, `${model}: ${outcome}`);
  }
  assert.equal(row.attempts, ended.length, `${model}: attempts`);
  const tokens = (of: "promptTokens" | "completionTokens") =>
    ended.reduce((sum, { reply }) => sum + (reply?.[of] ?? 0), 0);
  assert.equal(row.promptTokens, tokens("promptTokens"), `${model}: prompt tokens`);
  assert.equal(row.completionTokens, tokens("completionTokens"), `${model}: completion tokens`);
  const faults: Record<string, number> = {};
  for (const kind of faultKinds({ ended })) faults[kind] = (faults[kind] ?? 0) + 1;
  assert.deepEqual({ ...row.faults }, faults, `${model}: faults`);
  for (const { attempt, fault, askedAt, firstTokenAt, endedAt } of ended) {
    assert.ok(fault === null || fault.message !== "", `${model}: ${attempt} failed without a reason`);
    const isInOrder = askedAt <= (firstTokenAt ?? askedAt) && askedAt <= endedAt;
    assert.ok(isInOrder, `${model}: ${attempt} took less than no time`);
  }
  return row;
}

/** Every request of this run that a server saw stands in the ledger, be it only as asked. */
export async function assertAllAsked(out: string, model: string, servers: readonly ScriptedModel[]): Promise<void> {
  const store = await openStore(out, { say: () => {} });
  const run8 = (await store.readHeader())?.run8;
  const known = new Set<string>();
  for await (const some of store.endings(model))
    for (const { image, attempt } of some) known.add(`${image} ${attempt}`);
  for (const { headers } of servers.flatMap(({ chats }) => chats)) {
    const id = String(headers["x-request-id"]);
    const [image = "", , attempt = "", ofRun] = id.split("/");
    if (ofRun !== run8 || known.has(`${image} ${attempt}`)) continue;
    const events = await store.attemptsOf(image, model);
    assert.ok(
      events.some((event) => event.attempt === attempt),
      `${id} was asked and is not in the ledger`,
    );
  }
}
