import type { LexicalKind } from "./metric-kinds.js";
import { createSetCounter } from "./set-counts.js";

/** Words in common by words in all, over the sets of Python's `text.lower().split()`. Null where both sides are empty. */
export const jaccard: LexicalKind = {
  names: ["jaccard"],
  create(name, { tools }) {
    const count = createSetCounter(tools);
    return {
      name,
      shape: "one",
      protocol: {
        tokens: "set(text.lower().split()) as in Python 3",
        value: "|A and B| / |A or B|",
        bothEmpty: null,
      },
      signature: `${name}|tok:python-lower-split|set`,
      score(pair) {
        const { reference, hypothesis, both } = count(pair);
        const all = reference + hypothesis - both;
        return all === 0 ? null : both / all;
      },
    };
  },
};
