import type { AblationArm, ArmTokens, TokenCounter, TrainerRow } from "../../export/index.js";
import { countInBatches } from "../count-in-batches.js";
import { partsOf } from "../outgoing-rows.js";
import type { RowParts } from "./row-faults.js";

const COUNTED = ["thinking", "answer", "text"] as const;

/** Adds up the tokens of an arm. */
export interface RowTokens {
  add(row: TrainerRow, parts: RowParts): Promise<void>;
  /** `text` is undefined where it was not counted. */
  finish(): Promise<Omit<ArmTokens, "text"> & { readonly text: number | undefined }>;
}

/** Counts the texts of an arm's rows again, or adds up what their columns say where there is no counter. */
export function openRowTokens({ pairs, parts: kept }: AblationArm, counter: TokenCounter | null): RowTokens {
  const counts = new Int32Array(COUNTED.length * pairs);
  const batches = counter === null ? null : countInBatches(counter, counts);
  let rows = 0;
  return {
    async add({ text, tokens }, parts) {
      const start = COUNTED.length * rows++;
      for (const [at, what] of COUNTED.entries()) {
        const words = what === "text" ? text : parts[what];
        if (batches !== null && words !== null) await batches.add(start + at, words);
        if (batches === null && what !== "text") counts[start + at] = tokens[what] ?? 0;
      }
    },
    async finish() {
      await batches?.finish();
      const sumOf = (what: (typeof COUNTED)[number]) =>
        counts.reduce((sum, count, slot) => (slot % COUNTED.length === COUNTED.indexOf(what) ? sum + count : sum), 0);
      const parts = partsOf({ thinking: sumOf("thinking"), answer: sumOf("answer") }, kept);
      return { ...parts, text: batches === null ? undefined : sumOf("text") };
    },
  };
}
