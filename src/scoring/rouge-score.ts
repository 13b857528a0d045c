import type { PrecisionRecallF1 } from "../records/index.js";

/** Precision, recall and F1 with the operations of `rouge_score` in their order, so that all bits agree. */
export function rougeScore(hits: number, hypothesisCount: number, referenceCount: number): PrecisionRecallF1 {
  const precision = hits / Math.max(hypothesisCount, 1);
  const recall = hits / Math.max(referenceCount, 1);
  const f1 = precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
  return { precision, recall, f1 };
}
