import type { LexicalKind } from "./metric-kinds.js";
import { createSetCounter, type SetCounts } from "./set-counts.js";

/** A metric of the sets of Python's `text.lower().split()`: words in common by a number of words. Null where that is 0. */
export function setMetric(
  name: string,
  protocol: Readonly<Record<string, string | null>>,
  divisor: (counts: SetCounts) => number,
): LexicalKind {
  return {
    names: [name],
    create(name, { tools }) {
      const count = createSetCounter(tools);
      return {
        name,
        shape: "one",
        protocol: { tokens: "set(text.lower().split()) as in Python 3", ...protocol },
        signature: `${name}|tok:python-lower-split|set`,
        score(pair) {
          const counts = count(pair);
          const by = divisor(counts);
          return by === 0 ? null : counts.both / by;
        },
      };
    },
  };
}
