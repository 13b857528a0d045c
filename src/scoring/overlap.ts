import { setMetric } from "./set-metric.js";

/** Words in common by words of the smaller side, over the sets of words of both sides. Null where a side is empty. */
export const overlap = setMetric("overlap", { value: "|A and B| / min(|A|, |B|)", oneEmpty: null }, (counts) =>
  Math.min(counts.reference, counts.hypothesis),
);
