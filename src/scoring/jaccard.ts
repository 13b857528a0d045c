import { setMetric } from "./set-metric.js";

/** Words in common by words in all, over the sets of words of both sides. Null where both are empty. */
export const jaccard = setMetric(
  "jaccard",
  { value: "|A and B| / |A or B|", bothEmpty: null },
  ({ reference, hypothesis, both }) => reference + hypothesis - both,
);
