/** Buffers for request bodies that are used again, so that the garbage collector has nothing to collect. */
export interface BufferPool {
  /** Of exactly this length, filled with whatever it held before. */
  take(bytes: number): Buffer;
  /** Only what nobody reads any more. What is not of this pool is passed over. */
  give(buffer: Buffer): void;
}

/** Bodies of one run differ little; so most of what is kept fits the next. */
const STEP_BYTES = 64 * 1024;
/** More than this is not kept. */
const MOST_BYTES = 64 * 1024 * 1024;

export function openBufferPool(): BufferPool {
  const ours = new WeakSet<ArrayBufferLike>();
  const free: ArrayBufferLike[] = [];
  let freeBytes = 0;
  const make = (bytes: number) => {
    const made = new ArrayBuffer(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
    ours.add(made);
    return made;
  };
  return {
    take(bytes) {
      const at = free.findLastIndex((one) => one.byteLength >= bytes);
      const [found] = at === -1 ? [] : free.splice(at, 1);
      freeBytes -= found?.byteLength ?? 0;
      return Buffer.from(found ?? make(bytes), 0, bytes);
    },
    give({ buffer }) {
      if (!ours.has(buffer) || freeBytes + buffer.byteLength > MOST_BYTES) return;
      free.push(buffer);
      freeBytes += buffer.byteLength;
    },
  };
}
