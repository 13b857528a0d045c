import type { Locator, Source } from "../records/index.js";
import { carryError } from "./carried-error.js";
import { NotAloneError } from "./decode-error.js";
import type { DecodeJob, DecodeResults, FromWorker, ToWorker, WorkerSetup } from "./decode-messages.js";
import { differenceHash, HASHED_SIDE } from "./difference-hash.js";
import { inspectPicture } from "./inspect-picture.js";
import { openSource } from "./open-source.js";
import { weigh } from "./picture-weight.js";
import { decodeForMeasuring, makeThumbnail, preparePicture } from "./prepare-picture.js";
import { pathInside } from "./read-file.js";
import { readQuickly } from "./read-quickly.js";
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
    send({ id, error: carryError(error), memory: process.memoryUsage.rss() });
  }
}

async function work(job: DecodeJob, granted: number, alone: boolean): Promise<DecodeResults[DecodeJob["kind"]]> {
  if (job.kind === "inspect") {
    const bytes = await readWithin(granted, job.image.locator);
    holdUpTo(granted, weigh(bytes));
    return inspectPicture(bytes, (await setup).gate, alone);
  }
  const source = await sourceAt(job.image.locator.source);
  const bytes = await readUnchanged(source, job.image);
  if (job.kind === "prepare") return preparePicture(bytes, job.image);
  if (job.kind === "thumbnail") return makeThumbnail(bytes, job.maxSide);
  return differenceHash(await decodeForMeasuring(bytes, HASHED_SIDE));
}

function holdUpTo(granted: number, weight: number): void {
  if (weight > granted) throw new TooHeavy(weight);
}

async function readWithin(granted: number, { source: index, ...place }: Locator): Promise<Buffer> {
  const admit = (bytes: number) => holdUpTo(granted, bytes);
  const spec = (await setup).sources[index];
  const loose =
    spec?.source === "folder" ? await readQuickly(pathInside(spec.path, place.path), undefined, admit) : null;
  if (loose !== null) return loose;
  admit(place.length ?? 0);
  return (await sourceAt(index)).read(place);
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
