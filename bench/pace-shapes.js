// The shapes of server that bench/pace.js tries.

/** No limit goes above. */
export const CAP = 512;
const BEST = 3_000;

const SHAPES = {
  /** Each request at full speed up to so many; the others wait. */
  slots: (requests) => ({ slots: requests, tokensPerSecond: (running) => (BEST * running) / requests }),
  /** A step of a batch takes a fixed time and some for each request: output rises with every one, ever less. Half of what there is at so many. */
  batch: (requests) => ({ slots: CAP, tokensPerSecond: (running) => (BEST * running) / (running + requests) }),
  /** As slots, but beyond them all get slower together. */
  degrades: (requests) => ({
    slots: CAP,
    tokensPerSecond: (running) =>
      running <= requests ? (BEST * running) / requests : BEST * Math.max(0.1, 1 - 0.6 * (running / requests - 1)),
  }),
};

export const SHAPE_NAMES = Object.keys(SHAPES);

/** `slots`: how many it runs at once. `tokensPerSecond`: of all that run together. */
export const shapeOf = (name, requests) => SHAPES[name](requests);

/** What the best fixed limit brings a second, with how many requests, and the fewest that bring nine tenths of it. */
export function bestOf({ slots, tokensPerSecond }) {
  const rates = Array.from({ length: Math.min(slots, CAP) }, (_, at) => tokensPerSecond(at + 1));
  const rate = Math.max(...rates);
  return { rate, requests: rates.indexOf(rate) + 1, nearly: rates.findIndex((one) => one >= 0.9 * rate) + 1 };
}
