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
}

export interface Simulated {
  /** Tokens of replies finished after the warm-up. */
  readonly tokens: number;
  /** Each second: the limits, and tokens finished in that second. */
  readonly trace: readonly { readonly limits: readonly number[]; readonly tokens: number }[];
}

interface Running {
  readonly client: number;
  readonly startedAt: number;
  readonly size: number;
  left: number;
  speaksAt: number;
  isQueued: boolean;
  readonly ticket: ReturnType<SimulatedLimit["begin"]>;
}

const TICK_SECONDS = 0.1;
const PREFILL_SECONDS = 0.4;

/** Runs limits against a made-up server on a clock of its own; thousands of seconds take one. */
export function simulateServer(options: SimulationOptions): Simulated {
  const random = seeded(options.seed);
  let seconds = 0;
  const limits = options.openLimits(() => seconds * 1000);
  const inFlight = limits.map(() => 0);
  let requests: Running[] = [];
  let generated = 0;
  let finished = 0;
  let sinceTrace = 0;
  const trace: { limits: number[]; tokens: number }[] = [];
  for (let tick = 0; seconds < options.seconds; tick += 1) {
    for (const [client, limit] of limits.entries()) {
      while ((inFlight[client] ?? 0) < limit.limit) {
        const size = options.meanTokens * (0.4 + 1.2 * random());
        inFlight[client] = (inFlight[client] ?? 0) + 1;
        requests.push({
          client,
          startedAt: seconds,
          size,
          left: size,
          speaksAt: 0,
          isQueued: true,
          ticket: limit.begin(),
        });
      }
    }
    const shape = options.shapeAt(seconds);
    let running = 0;
    for (const request of requests) {
      if (running >= shape.slots && request.isQueued) continue;
      running += 1;
      if (!request.isQueued) continue;
      request.isQueued = false;
      request.speaksAt = seconds + PREFILL_SECONDS;
    }
    const noise = 1 + 0.06 * (random() - 0.5);
    const each = (shape.tokensPerSecond(running) * noise * TICK_SECONDS) / Math.max(1, running);
    seconds = (tick + 1) * TICK_SECONDS;
    const ended: Running[] = [];
    const onGoing: Running[] = [];
    for (const request of requests) {
      if (!request.isQueued && request.speaksAt <= seconds) {
        request.left -= each;
        generated += each;
        if (options.streams !== false) request.ticket.progressed(each);
      }
      (request.left <= 0 ? ended : onGoing).push(request);
    }
    requests = onGoing;
    for (const request of ended) {
      inFlight[request.client] = (inFlight[request.client] ?? 1) - 1;
      sinceTrace += request.size;
      if (seconds > options.warmUpSeconds) finished += request.size;
      request.ticket.ended({
        ok: true,
        tokens: Math.round(request.size),
        ms: (seconds - request.startedAt) * 1000,
        busy: false,
      });
    }
    if (tick % 10 !== 9) continue;
    const waiting = requests.filter((request) => request.isQueued).length;
    if (options.gauges) {
      const now = { running: requests.length - waiting, waiting, kvUse: null, preemptions: 0, generated };
      for (const limit of limits) limit.observe(now);
    }
    trace.push({ limits: limits.map((limit) => limit.limit), tokens: sinceTrace });
    sinceTrace = 0;
  }
  return { tokens: finished, trace };
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
