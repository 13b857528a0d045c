/** A made-up server: what it puts out a second with so many requests running, and how many it runs at once. */
export interface ServerShape {
  readonly name: string;
  /** Tokens a second of all running requests together. */
  readonly tokensPerSecond: (running: number) => number;
  /** More than this wait in its queue. */
  readonly slots: number;
}

/** The part of a concurrency limit that the simulation uses. */
export interface SimulatedLimit {
  readonly limit: number;
  begin(): {
    progressed(units: number): void;
    ended(result: { ok: boolean; tokens: number | null; ms: number; busy: boolean }): void;
  };
  observe(load: {
    running: number | null;
    waiting: number | null;
    kvUse: number | null;
    preemptions: number | null;
    generated: number | null;
  }): void;
}

export interface SimulationOptions {
  /** What the server is like at each time (seconds). */
  readonly shapeAt: (seconds: number) => ServerShape;
  /** One for each client; `now` is the simulation's clock in milliseconds. */
  readonly openLimits: (now: () => number) => readonly SimulatedLimit[];
  readonly seconds: number;
  /** Tokens finished before this many seconds do not count. */
  readonly warmUpSeconds: number;
  readonly meanTokens: number;
  readonly seed: number;
  /** Whether the server shows its gauges, once a second. */
  readonly gauges: boolean;
  /** False for replies that come whole. */
  readonly streams?: boolean;
  /** How its speed wanders by itself: standard deviation as a share, and the seconds over which it forgets. */
  readonly wander?: { readonly share: number; readonly seconds: number; readonly seed: number };
}

export interface Simulated {
  /** Tokens of replies finished after the warm-up. */
  readonly tokens: number;
  /** Each second: the limits, tokens of the replies that finished in it, and tokens put out in it. */
  readonly trace: readonly { readonly limits: readonly number[]; readonly tokens: number; readonly output: number }[];
}

interface Running {
  readonly client: number;
  readonly startedAt: number;
  readonly size: number;
  speaksAt: number;
  /** Of the tokens that each speaking request has had since the start: where this one is done, and what was told of it. */
  doneAt: number;
  toldAt: number;
  readonly ticket: ReturnType<SimulatedLimit["begin"]>;
}

const TICK_SECONDS = 0.1;
const PREFILL_SECONDS = 0.4;
/** Ticks from one event of a stream to its next: a server told to send some 20 tokens at a time. */
const EVENT_TICKS = 4;

/** Runs limits against a made-up server on a clock of its own; thousands of seconds take one. */
export function simulateServer(options: SimulationOptions): Simulated {
  const random = seeded(options.seed);
  let seconds = 0;
  const limits = options.openLimits(() => seconds * 1000);
  const wander = openWander(options.wander);
  const inFlight = limits.map(() => 0);
  const queue: Running[] = [];
  const prefilling: Running[] = [];
  /** The one that is done next comes last. */
  const speaking: Running[] = [];
  let tokensEach = 0;
  let generated = 0;
  let finished = 0;
  let sinceTrace = 0;
  let generatedBefore = 0;
  const trace: { limits: number[]; tokens: number; output: number }[] = [];

  function ask(client: number, limit: SimulatedLimit): void {
    const size = options.meanTokens * (0.4 + 1.2 * random());
    inFlight[client] = (inFlight[client] ?? 0) + 1;
    queue.push({ client, startedAt: seconds, size, speaksAt: 0, doneAt: 0, toldAt: 0, ticket: limit.begin() });
  }

  function tell(request: Running): void {
    const upTo = Math.min(tokensEach, request.doneAt);
    if (options.streams !== false && upTo > request.toldAt) request.ticket.progressed(upTo - request.toldAt);
    request.toldAt = upTo;
  }

  function end(request: Running): void {
    tell(request);
    inFlight[request.client] = (inFlight[request.client] ?? 1) - 1;
    sinceTrace += request.size;
    if (seconds > options.warmUpSeconds) finished += request.size;
    const ms = (seconds - request.startedAt) * 1000;
    request.ticket.ended({ ok: true, tokens: Math.round(request.size), ms, busy: false });
  }

  for (let tick = 0; seconds < options.seconds; tick += 1) {
    for (const [client, limit] of limits.entries()) {
      while ((inFlight[client] ?? 0) < limit.limit) ask(client, limit);
    }
    const shape = options.shapeAt(seconds);
    while (prefilling.length + speaking.length < shape.slots) {
      const next = queue.shift();
      if (next === undefined) break;
      next.speaksAt = seconds + PREFILL_SECONDS;
      prefilling.push(next);
    }
    const running = prefilling.length + speaking.length;
    const noise = (1 + 0.06 * (random() - 0.5)) * wander();
    const each = (shape.tokensPerSecond(running) * noise * TICK_SECONDS) / Math.max(1, running);
    seconds = (tick + 1) * TICK_SECONDS;
    while ((prefilling[0]?.speaksAt ?? Number.POSITIVE_INFINITY) <= seconds) {
      const request = prefilling.shift();
      if (request === undefined) break;
      request.toldAt = tokensEach;
      request.doneAt = tokensEach + request.size;
      speaking.splice(placeOf(speaking, request.doneAt), 0, request);
    }
    tokensEach += each;
    generated += each * speaking.length;
    if (options.streams !== false) {
      for (const request of speaking) if ((tick + Math.round(request.size)) % EVENT_TICKS === 0) tell(request);
    }
    while ((speaking.at(-1)?.doneAt ?? Number.POSITIVE_INFINITY) <= tokensEach) {
      const request = speaking.pop();
      if (request !== undefined) end(request);
    }
    if (tick % 10 !== 9) continue;
    if (options.gauges) {
      const now = { running, waiting: queue.length, kvUse: null, preemptions: 0, generated };
      for (const limit of limits) limit.observe(now);
    }
    const output = generated - generatedBefore;
    trace.push({ limits: limits.map((limit) => limit.limit), tokens: sinceTrace, output });
    generatedBefore = generated;
    sinceTrace = 0;
  }
  return { tokens: finished, trace };
}

/** The server's speed at each tick as a share of what its shape says; 1 where it does not wander. */
function openWander(wander: SimulationOptions["wander"]): () => number {
  if (wander === undefined) return () => 1;
  const { share, seconds, seed } = wander;
  const random = seeded(seed);
  let off = 0;
  return () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    off += -(off * TICK_SECONDS) / seconds + share * Math.sqrt((2 * TICK_SECONDS) / seconds) * normal;
    return Math.max(0.2, 1 + off);
  };
}

/** Where a request goes among those that are in falling order of when they are done. */
function placeOf(speaking: readonly Running[], doneAt: number): number {
  let low = 0;
  let high = speaking.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((speaking[middle]?.doneAt ?? 0) > doneAt) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Three shapes with numbers drawn by a seed: slots with a queue, a smooth knee, and one that degrades past its knee. */
export function drawShapes(seed: number): readonly ServerShape[] {
  const random = seeded(seed);
  const between = (low: number, high: number) => low * (high / low) ** random();
  const slots = Math.round(between(20, 200));
  const slotSpeed = between(15, 60);
  const knee = between(20, 150);
  const top = between(1_000, 6_000);
  const peak = between(24, 160);
  const peakSpeed = between(15, 60);
  const fall = between(0.5, 1.2);
  return [
    { name: `${slots} slots and a queue`, slots, tokensPerSecond: (n) => (slotSpeed * n) / (1 + n / (3 * slots)) },
    {
      name: `a knee at ${Math.round(knee)}`,
      slots: 512,
      tokensPerSecond: (n) => top * (1 - Math.exp(-((n / knee) * 1.8))),
    },
    {
      name: `degrades past ${Math.round(peak)}`,
      slots: 512,
      tokensPerSecond: (n) => (n <= peak ? peakSpeed * n : (peakSpeed * peak) / (1 + fall * (n / peak - 1))),
    },
  ];
}

/** Numbers in [0, 1) that only depend on the seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
