import type { MetricPair } from "../records/index.js";
import type { LexicalTools } from "./lexical-tools.js";

/** Sizes of the two sets of words and of what they share. */
export interface SetCounts {
  readonly reference: number;
  readonly hypothesis: number;
  readonly both: number;
}

/** Counts the sets of `text.lower().split()` of both sides. */
export function createSetCounter(tools: LexicalTools): (pair: MetricPair) => SetCounts {
  let marks = new Uint8Array(1 << 12);
  return (pair) => {
    const reference = pair.reference.share(tools.pythonWords);
    const hypothesis = pair.hypothesis.share(tools.pythonWords);
    if (marks.length < tools.vocabularySize()) marks = new Uint8Array(2 * tools.vocabularySize());
    for (const word of reference) marks[word] = 1;
    let both = 0;
    for (const word of hypothesis) both += marks[word] as number;
    for (const word of reference) marks[word] = 0;
    return { reference: reference.length, hypothesis: hypothesis.length, both };
  };
}
