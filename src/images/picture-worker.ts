import { parentPort, workerData } from "node:worker_threads";
import { carryError } from "./carried-error.js";
import { openPictureReader } from "./picture-reader.js";
import type { FromThread, ThreadSources, ToThread } from "./picture-thread.js";

/** Bytes; pictures of one run differ little, so that most memory fits the next. */
const STEP = 64 * 1024;
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
  const at = spare.findLastIndex((one) => one.byteLength >= bytes);
  const [found] = at === -1 ? [] : spare.splice(at, 1);
  spareBytes -= found?.byteLength ?? 0;
  return found ?? new ArrayBuffer(STEP * Math.ceil(bytes / STEP));
}

function keep(memory: ArrayBuffer): void {
  if (spareBytes + memory.byteLength > MOST_SPARE) return;
  spare.push(memory);
  spareBytes += memory.byteLength;
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
