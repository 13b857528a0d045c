import type { Source } from "../records/index.js";
import type { DecodeJob, DecodeResults, FromWorker, ToWorker, WorkerSetup } from "./decode-messages.js";
import { inspectPicture } from "./inspect-picture.js";
import { openSource } from "./open-source.js";
import { sniffFormat } from "./picture-format.js";
import { readHeader } from "./picture-header.js";
import { openPixelBudget } from "./pixel-budget.js";
import { makeThumbnail, preparePicture } from "./prepare-picture.js";
import { readUnchanged } from "./read-unchanged.js";

/** Pixels decoded at once in one worker; a progressive picture takes up to 8 bytes a pixel. */
const PIXELS_AT_ONCE = 16 * 2 ** 20;

/** The parent decides when work ends: a Ctrl-C or a scheduler's signal reaches the whole group, and it drains first. */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const) process.on(signal, () => {});
// SIGKILL, because an ordinary exit waits for a decode that may hang.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

const setup = new Promise<WorkerSetup>((resolve) => {
  process.on("message", (message: ToWorker) => {
    if ("setup" in message) resolve(message.setup);
    else void answer(message.id, message.job);
  });
});
const budget = openPixelBudget(PIXELS_AT_ONCE);
const sources = new Map<number, Promise<Source>>();

send({ ready: true });

async function answer(id: number, job: DecodeJob): Promise<void> {
  try {
    const result = await work(job);
    send({ id, result, memory: process.memoryUsage.rss() });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    send({ id, error: { name, message }, memory: process.memoryUsage.rss() });
  }
}

type Result = DecodeResults[DecodeJob["kind"]];

async function work(job: DecodeJob): Promise<Result> {
  const { gate } = await setup;
  const { source: index, ...place } = job.image.locator;
  const source = await sourceAt(index);
  if (job.kind === "inspect") {
    const bytes = await source.read(place);
    return within(pixelsOf(bytes), () => inspectPicture(bytes, gate));
  }
  const bytes = await readUnchanged(source, job.image);
  const make =
    job.kind === "prepare" ? () => preparePicture(bytes, job.image) : () => makeThumbnail(bytes, job.maxSide);
  return within(job.image.width * job.image.height, make);
}

async function within(pixels: number, decode: () => Promise<Result>): Promise<Result> {
  const giveBack = await budget.take(pixels);
  return decode().finally(giveBack);
}

/** What decoding will take; a picture that does not say goes alone. */
function pixelsOf(bytes: Buffer): number {
  const sniffed = sniffFormat(bytes);
  if (sniffed.kind !== "accepted") return 0;
  const { width, height } = readHeader(bytes, sniffed.format);
  return width === null || height === null ? PIXELS_AT_ONCE : width * height;
}

async function sourceAt(index: number): Promise<Source> {
  const { sources: specs } = await setup;
  const spec = specs[index];
  if (spec === undefined) throw new Error(`no source ${index}`);
  const open = sources.get(index) ?? openSource(spec);
  sources.set(index, open);
  return open;
}

function send(message: FromWorker): void {
  // The parent may be gone by now; then nobody misses the answer.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
