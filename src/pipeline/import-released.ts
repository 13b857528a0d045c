import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { openClassTree, openDecodePool } from "../images/index.js";
import { PARSER_VERSION, parseReply } from "../parsing/index.js";
import { type Ended, type ModelSpec, type RunHeader, type Store, UserError } from "../records/index.js";
import { openStore } from "../store/index.js";
import { type ReleasedImages, readReleasedImages } from "./released-images.js";
import { importedAttempt, importedHeader } from "./released-records.js";
import { openReleasedSet, type ReleasedSet } from "./released-set.js";
import { detectTeachers, type ReleasedTeachers } from "./released-teachers.js";
import type { StopSwitch } from "./stop-switch.js";
import { Tallies } from "./tally.js";

/** Records on their way to the disk together. */
const RECORDS_AT_ONCE = 512;

export interface ImportOptions {
  /** The run folder to make. */
  readonly out: string;
  readonly say: (sentence: string) => void;
  readonly stop: StopSwitch;
  readonly onProgress: (standing: { done: number; total: number | null; facts?: readonly string[] }) => void;
}

export interface ImportDone {
  readonly run: string;
  readonly images: number;
  /** Rows turned away, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly models: readonly { readonly name: string; readonly column: string; readonly replies: number }[];
  /** Rows whose two texts changed places, because each carried the other teacher's tags. */
  readonly swapped: number;
}

/**
 * Makes a run folder out of the released ImageNet-Think set, so that its pairs can be parsed, scored, reported and
 * exported here. Replies have the finish reason `imported`, because the set does not say how they ended. The folder
 * gets its name when it is whole. Null where the person stopped it.
 */
export async function importReleased(path: string, options: ImportOptions): Promise<ImportDone | null> {
  const target = resolve(options.out);
  await refuseTaken(target);
  const set = await openReleasedSet(path);
  const teachers = await detectTeachers(set);
  for (const finding of teachers.findings) options.say(finding);
  const working = await openWorking(target);
  try {
    const store = await openStore(working, { say: options.say });
    const header = importedHeader(resolve(path), set, teachers.models);
    const done = await fill(store, header, set, teachers, options);
    if (done === null) return null;
    await rename(working, target);
    return { run: target, ...done };
  } finally {
    await rm(working, { recursive: true, force: true });
  }
}

async function fill(
  store: Store,
  header: RunHeader,
  set: ReleasedSet,
  teachers: ReleasedTeachers,
  { say, stop, onProgress }: ImportOptions,
): Promise<Omit<ImportDone, "run"> | null> {
  const [spec] = header.images;
  const pool = spec === undefined ? null : openDecodePool({ sources: header.images, gate: header.gate });
  if (pool === null) say("the set has no column image: sizes and hashes stay unknown, and no picture can be shown");
  const pictures = await readReleasedImages(set, spec ?? { source: "parquet", path: set.root, credits: null }, {
    pool,
    tree: await openClassTree(null),
    say,
    onProgress: (done, total) => onProgress({ done, total }),
    stopped: () => stop.draining !== null,
  }).finally(() => pool?.close());
  if (stop.draining !== null) return null;
  if (pictures.images.length === 0)
    throw new UserError(`none of the ${set.rows} rows of ${set.root} has a picture that can be read`);
  await store.writeHeader(header);
  await store.writeSample(pictures);
  const written = await writeReplies(store, header, set, teachers, pictures, stop);
  if (written === null) return null;
  return {
    images: pictures.images.length,
    rejected: pictures.facts.rejected,
    models: header.models.map(({ name }, index) => ({
      name,
      column: set.answerColumns[index] ?? "",
      replies: written.replies[index] ?? 0,
    })),
    swapped: written.swapped,
  };
}

async function writeReplies(
  store: Store,
  { models, prompt }: RunHeader,
  set: ReleasedSet,
  teachers: ReleasedTeachers,
  pictures: ReleasedImages,
  stop: StopSwitch,
): Promise<{ readonly replies: readonly number[]; readonly swapped: number } | null> {
  const tallies = new Tallies(models.map(({ name }) => name));
  const writer = await store.openWriter({
    shard: { index: 0, count: 1 },
    models: models.map(({ name }) => name),
    parserVersion: PARSER_VERSION,
    tallies: () => tallies.snapshot(),
    say: () => undefined,
  });
  const replies = models.map(() => 0);
  let swapped = 0;
  let underWay: Promise<void>[] = [];
  const record = async (ended: Ended, model: ModelSpec) => {
    await writer.asked(ended);
    await writer.ended(ended);
    tallies.countAttempt(ended);
    if (ended.reply !== null) tallies.countOutcome(model.name, null, parseReply(ended.reply, model.dialect).outcome);
  };
  try {
    for await (const { file, row, answers } of set.read()) {
      if (stop.draining !== null) return null;
      const image = pictures.imageOf(file, row);
      if (image === null) continue;
      const assigned = teachers.assign(answers);
      swapped += assigned.swapped ? 1 : 0;
      for (const [index, model] of models.entries()) {
        const text = assigned.texts[index] ?? null;
        if (text === null) continue;
        replies[index] = (replies[index] ?? 0) + 1;
        underWay.push(record(importedAttempt(image, model, prompt, text, writer.nextAttempt()), model));
      }
      if (underWay.length < RECORDS_AT_ONCE) continue;
      await Promise.all(underWay);
      underWay = [];
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay);
    await writer.close();
  }
  return { replies, swapped };
}

async function refuseTaken(target: string): Promise<void> {
  const found = await stat(target).catch(() => null);
  if (found === null) return;
  if (!found.isDirectory() || (await readdir(target)).length > 0) {
    throw new UserError(`${target} is there already; name a new folder with --out`);
  }
}

/** A hidden sibling, so that nothing half-made stands under the run's name; what dead imports left is put away. */
async function openWorking(target: string): Promise<string> {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  const start = `.${basename(target)}.importing.`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(start) && !isAlive(Number(name.slice(start.length)))) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
  const working = join(parent, `${start}${process.pid}`);
  await mkdir(working, { recursive: true });
  return working;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
