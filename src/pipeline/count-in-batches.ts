import type { TokenCounter } from "../export/index.js";

/** Texts that are counted together. */
const TEXTS_AT_ONCE = 256;

/** Counts many texts together, so that a tokenizer can use every core; each count goes into its slot. */
export function countInBatches(counter: TokenCounter, into: Int32Array) {
  let waiting: { readonly slot: number; readonly text: string }[] = [];
  const finish = async () => {
    const batch = waiting;
    waiting = [];
    const counts = await counter.count(batch.map(({ text }) => text));
    for (const [index, { slot }] of batch.entries()) into[slot] = counts[index] ?? into[slot] ?? 0;
  };
  return {
    finish,
    async add(slot: number, text: string) {
      waiting.push({ slot, text });
      if (waiting.length >= TEXTS_AT_ONCE) await finish();
    },
  };
}
