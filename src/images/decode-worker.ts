import { statSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Source } from "../records/index.js";
import { NotAloneError } from "./decode-error.js";
import type { DecodeJob, DecodeResults, FromWorker, ToWorker, WorkerSetup } from "./decode-messages.js";
import { inspectPicture } from "./inspect-picture.js";
import { openSource } from "./open-source.js";
import { weigh } from "./picture-weight.js";
import { makeThumbnail, preparePicture } from "./prepare-picture.js";
import { readUnchanged } from "./read-unchanged.js";

/** The parent decides when work ends: a Ctrl-C or a scheduler's signal reaches the whole group, and it drains first. */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const) process.on(signal, () => {});
// SIGKILL, because an ordinary exit waits for a decode that may hang.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

const setup = new Promise<WorkerSetup>((resolve) => {
  process.on("message", (message: ToWorker) => {
    if ("setup" in message) resolve(message.setup);
    else void answer(message);
  });
});
const sources = new Map<number, Promise<Source>>();
send({ ready: true });

/** A picture that takes more memory than was granted. */
class TooHeavy {
  constructor(readonly weight: number) {}
}

async function answer({ id, job, granted, alone }: Extract<ToWorker, { id: number }>): Promise<void> {
  try {
    const result = await work(job, granted, alone);
    send({ id, result, memory: process.memoryUsage.rss() });
  } catch (error) {
    if (error instanceof TooHeavy) return send({ id, needs: { memory: error.weight } });
    if (error instanceof NotAloneError) return send({ id, needs: "to be alone" });
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    send({ id, error: { name, message }, memory: process.memoryUsage.rss() });
  }
}

async function work(job: DecodeJob, granted: number, alone: boolean): Promise<DecodeResults[DecodeJob["kind"]]> {
  const told = await setup;
  const { source: index, ...place } = job.image.locator;
  const source = await sourceAt(index);
  if (job.kind === "prepare") return preparePicture(await readUnchanged(source, job.image), job.image);
  if (job.kind === "thumbnail") return makeThumbnail(await readUnchanged(source, job.image), job.maxSide);
  holdUpTo(granted, lengthOf(job.image.locator, told));
  const bytes = await source.read(place);
  holdUpTo(granted, weigh(bytes));
  return inspectPicture(bytes, told.gate, alone);
}

function holdUpTo(granted: number, weight: number): void {
  if (weight > granted) throw new TooHeavy(weight);
}

/** Bytes of a picture before it is read, as far as that can be known; a missing file is the reader's to report. */
function lengthOf({ source, path, length }: Locator, { sources: specs }: WorkerSetup): number {
  if (length !== undefined) return length;
  const spec = specs[source];
  if (spec?.source !== "folder") return 0;
  // In step: a sixth of the time of asking aside, and the file is opened next anyway.
  return statSync(join(spec.path, path), { throwIfNoEntry: false })?.size ?? 0;
}

async function sourceAt(index: number): Promise<Source> {
  const spec = (await setup).sources[index];
  if (spec === undefined) throw new Error(`no source ${index}`);
  const open = sources.get(index) ?? openSource(spec);
  sources.set(index, open);
  return open;
}

function send(message: FromWorker): void {
  // The parent may be gone by now; then nobody misses the answer.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
