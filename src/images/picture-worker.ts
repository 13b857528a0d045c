import { parentPort, workerData } from "node:worker_threads";
import { carryError } from "./carried-error.js";
import { openPictureReader } from "./picture-reader.js";
import type { FromThread, ThreadSources, ToThread } from "./picture-thread.js";

/** Bytes of memory that is kept to be used again. */
const MOST_SPARE = 64 * 1024 * 1024;

const reader = openPictureReader(workerData as ThreadSources);
const spare: ArrayBuffer[] = [];
let spareBytes = 0;
let answers: FromThread[number][] = [];

parentPort?.on("message", (message: ToThread) => {
  for (const memory of message.spare) keep(memory);
  for (const { job, image } of message.jobs) {
    reader.read(image, memoryFor).then(
      (base64) => answer({ job, base64 }),
      (error: unknown) => answer({ job, error: carryError(error) }),
    );
  }
});

function memoryFor(bytes: number): ArrayBuffer {
  const size = sizeFor(bytes);
  // A small picture in the memory of a large one would hold more than it counts for.
  const at = spare.findLastIndex((one) => one.byteLength >= bytes && one.byteLength <= 2 * size);
  const [found] = at === -1 ? [] : spare.splice(at, 1);
  spareBytes -= found?.byteLength ?? 0;
  return found ?? new ArrayBuffer(size);
}

/** Four sizes to each doubling: pictures of one run differ little, so that most memory fits the next. */
function sizeFor(bytes: number): number {
  const step = 2 ** Math.max(10, Math.floor(Math.log2(bytes)) - 2);
  return step * Math.ceil(bytes / step);
}

/** The latest stay, since they fit what is read now. */
function keep(memory: ArrayBuffer): void {
  spare.push(memory);
  spareBytes += memory.byteLength;
  while (spareBytes > MOST_SPARE) spareBytes -= spare.shift()?.byteLength ?? 0;
}

function answer(one: FromThread[number]): void {
  if (answers.length === 0) setImmediate(sendAll);
  answers.push(one);
}

function sendAll(): void {
  const ready = answers;
  answers = [];
  const moved = ready.flatMap((one) => ("base64" in one ? [one.base64.buffer] : []));
  parentPort?.postMessage(
    ready,
    moved.filter((memory) => memory instanceof ArrayBuffer),
  );
}
