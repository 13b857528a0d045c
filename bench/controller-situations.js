// The situations in which bench/controller.js tries the adaptive limit, and what the best fixed limit does in each.

/** Of a reply. */
export const MEAN_TOKENS = 1500;
/** Of one situation; a change of shape comes in the middle. */
export const SECONDS = 3600;
/** No limit goes above. */
export const CAP = 512;

/** The most a server puts out a second, and the fewest requests that bring 97 % of it and all but all of it. */
export function kneeOf(shape) {
  const rates = Array.from({ length: Math.min(shape.slots, CAP) }, (_, at) => shape.tokensPerSecond(at + 1));
  const top = Math.max(...rates);
  const fewestFor = (share) => rates.findIndex((rate) => rate >= share * top) + 1;
  return { top, requests: fewestFor(0.97), most: fewestFor(0.999) };
}

/** How long a mean reply takes at the knee. */
export function replySeconds(shape) {
  const { top, requests } = kneeOf(shape);
  return (MEAN_TOKENS * requests) / top;
}

/** Three servers, and a change from one to another; which changes to which follows the seed too, all six in turn. */
export function situationsOf(shapes, seed) {
  const steady = shapes.map((shape, at) => ({ kind: KINDS[at], name: shape.name, phases: [{ shape, from: 0 }] }));
  const [first, second] = CHANGES[Math.floor(seed / 2) % CHANGES.length].map((at) => shapes[at]);
  const phases = [
    { shape: first, from: 0 },
    { shape: second, from: SECONDS / 2 },
  ];
  return [...steady, { kind: KINDS[3], name: `${first.name}, then ${second.name}`, phases }];
}

export const KINDS = ["slots and a queue", "a smooth knee", "degrades past its knee", "changes half way"];
const CHANGES = [
  [0, 2],
  [1, 0],
  [2, 1],
  [2, 0],
  [0, 1],
  [1, 2],
];

export function shapeAt({ phases }) {
  return (seconds) => phases.findLast(({ from }) => seconds >= from).shape;
}

/** The seconds that count: all but three mean reply times from cold, and three of the new server after a change. */
export function counts({ phases }) {
  return (second) => {
    const { shape, from } = phases.findLast(({ from }) => second >= from);
    return second >= from + 3 * replySeconds(shape);
  };
}

/** Tokens of replies that finished in the seconds that count. */
export function countTokens(trace, isCounted) {
  return trace.reduce((sum, { tokens }, second) => (isCounted(second) ? sum + tokens : sum), 0);
}

/**
 * Finds for one seed what a client gets that knows the best fixed limit of each phase beforehand, and goes over from one
 * to the other at the very second of the change. What is in flight then ends as slowly for it as for anyone.
 */
export function openReference(seed, simulate) {
  const known = new Map();
  const run = (situation, limits) => {
    const byPhase = (now) => ({
      get limit() {
        return limits[situation.phases.findLastIndex(({ from }) => now() >= from * 1000)];
      },
      begin: () => ({ progressed() {}, ended() {} }),
      observe() {},
      share() {},
    });
    const options = {
      seconds: SECONDS,
      warmUpSeconds: 0,
      meanTokens: MEAN_TOKENS,
      seed,
      gauges: false,
      streams: false,
    };
    const { trace } = simulate({
      ...options,
      shapeAt: shapeAt(situation),
      openLimits: (now) => [byPhase(now)],
    });
    return countTokens(trace, counts(situation));
  };
  const bestOf = (shape) => {
    if (!known.has(shape))
      known.set(
        shape,
        search((limit) => run({ phases: [{ shape, from: 0 }] }, [limit]), kneeOf(shape).most),
      );
    return known.get(shape);
  };
  return (situation) => {
    const [before, after] = situation.phases.map(({ shape }) => bestOf(shape));
    if (after === undefined) return { tokens: before.tokens, phases: [{ limit: before.limit, from: 0 }] };
    // Where more bring no more, fewer are sooner gone: both ends of what is best before the change are tried.
    const tries = [before.limit, before.fewest].map((limit) => ({
      limit,
      tokens: run(situation, [limit, after.limit]),
    }));
    const { limit, tokens } = tries.reduce((best, one) => (one.tokens > best.tokens ? one : best));
    const phases = situation.phases.map(({ from }, at) => ({ from, limit: at === 0 ? limit : after.limit }));
    return { tokens, phases };
  };
}

/** The limit that brings most, and the fewest that bring nearly as much: tried from a guess on, out to where it falls. */
function search(tokensAt, guess) {
  const seen = new Map();
  const see = (wanted) => {
    const limit = Math.max(1, Math.min(CAP, Math.round(wanted)));
    if (!seen.has(limit)) seen.set(limit, tokensAt(limit));
  };
  const best = () => [...seen].reduce((most, one) => (one[1] > most[1] ? one : most));
  for (const factor of [0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.25]) see(guess * factor);
  for (let tried = 0; tried !== seen.size; ) {
    tried = seen.size;
    const [limit] = best();
    if (limit === Math.max(...seen.keys())) see(limit * 1.4);
    if (limit === Math.min(...seen.keys())) see(limit / 1.4);
  }
  const [limit, tokens] = best();
  const fewest = Math.min(...[...seen].filter(([, one]) => one >= 0.99 * tokens).map(([at]) => at));
  return { limit, tokens, fewest };
}
