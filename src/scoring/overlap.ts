import type { LexicalKind } from "./metric-kinds.js";
import { createSetCounter } from "./set-counts.js";

/** Words in common by words of the smaller side, over the sets of Python's `text.lower().split()`. Null where a side is empty. */
export const overlap: LexicalKind = {
  names: ["overlap"],
  create(name, { tools }) {
    const count = createSetCounter(tools);
    return {
      name,
      shape: "one",
      protocol: {
        tokens: "set(text.lower().split()) as in Python 3",
        value: "|A and B| / min(|A|, |B|)",
        oneEmpty: null,
      },
      signature: `${name}|tok:python-lower-split|set`,
      score(pair) {
        const { reference, hypothesis, both } = count(pair);
        const smaller = Math.min(reference, hypothesis);
        return smaller === 0 ? null : both / smaller;
      },
    };
  },
};
