import assert from "node:assert/strict";
import { test } from "node:test";
import { drawShapes, type SimulationOptions, sharingLimits, simulateServer } from "../testing/index.js";
import { adaptiveLimit, type ConcurrencyLimit, fixedLimit, type Ticket } from "./concurrency.js";
import { readLoad } from "./read-load.js";

interface ServerOptions {
  /** Requests it works on at once; more wait in its queue. */
  readonly slots: number;
  /** Beyond this many in all it says it is busy. */
  readonly refusesBeyond?: number;
  /** Milliseconds of one reply, before chance. */
  readonly replyMs?: number;
  readonly countsTokens?: boolean;
}

/** Drives a limit against a made-up server for a number of replies; time is a number, nothing sleeps. */
function simulate(
  server: ServerOptions,
  replies: number,
  open: (now: () => number) => ConcurrencyLimit,
  work = Number.POSITIVE_INFINITY,
) {
  const { slots, refusesBeyond = Number.POSITIVE_INFINITY, replyMs = 10_000, countsTokens = true } = server;
  let now = 0;
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const limit = open(() => now);
  const working: { endsAt: number; startedAt: number; tokens: number; ticket: Ticket }[] = [];
  const queue: Ticket[] = [];
  const refused: { endsAt: number; ticket: Ticket }[] = [];
  const limits: number[] = [];
  let inFlight = 0;
  let done = 0;
  let cuts = 0;
  const begin = (ticket: Ticket) => {
    const size = 0.4 + 1.2 * random();
    working.push({ ticket, startedAt: now, endsAt: now + replyMs * size, tokens: Math.round(1_500 * size) });
  };
  while (done < replies) {
    while (inFlight < Math.min(limit.limit, work)) {
      inFlight += 1;
      const ticket = limit.begin();
      if (working.length + queue.length >= refusesBeyond) refused.push({ endsAt: now + 5, ticket });
      else if (working.length < slots) begin(ticket);
      else queue.push(ticket);
    }
    const before = limit.limit;
    refused.sort((a, b) => a.endsAt - b.endsAt);
    working.sort((a, b) => a.endsAt - b.endsAt);
    const [next] = working;
    const [turnedAway] = refused;
    if (turnedAway !== undefined && (next === undefined || turnedAway.endsAt <= next.endsAt)) {
      refused.shift();
      now = turnedAway.endsAt;
      turnedAway.ticket.ended(REFUSED);
    } else if (next !== undefined) {
      working.shift();
      now = next.endsAt;
      done += 1;
      next.ticket.ended({ ok: true, busy: false, tokens: countsTokens ? next.tokens : null, ms: now - next.startedAt });
      const waiting = queue.shift();
      if (waiting !== undefined) begin(waiting);
    }
    inFlight -= 1;
    if (limit.limit < before) cuts += 1;
    limits.push(limit.limit);
  }
  return { limits, last: limits.at(-1) ?? 0, cuts };
}

const REFUSED = { ok: false, busy: true, tokens: null, ms: 5 };

const tail = (limits: readonly number[]) => limits.slice(-Math.ceil(limits.length / 3));
const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

test("a fixed limit stays what it is", () => {
  const limit = fixedLimit(3);
  limit.begin().ended(REFUSED);
  assert.equal(limit.limit, 3);
});

test("it climbs to where a server's throughput stops rising, and stays about there", () => {
  for (const slots of [16, 64]) {
    for (const countsTokens of [true, false]) {
      // Replies that come whole are few and uneven, so the limit is found less sharply than where they stream.
      const { limits } = simulate({ slots, countsTokens }, slots * 200, (now) => adaptiveLimit({ now }));
      const settled = mean(tail(limits));
      assert.ok(settled >= 0.7 * slots && settled <= 3 * slots, `${slots} slots: settled at ${settled}`);
    }
  }
});

test("it starts small, never falls below one or rises above its cap", () => {
  const { limits } = simulate({ slots: 10_000, replyMs: 100 }, 40_000, (now) => adaptiveLimit({ now, cap: 100 }));
  assert.equal(limits[0], 8);
  assert.ok(Math.max(...limits) <= 100);
  assert.ok(mean(tail(limits)) > 60);
  const never = adaptiveLimit({ now: () => 0 });
  for (let at = 0; at < 100; at += 1) {
    never.begin().ended(REFUSED);
  }
  assert.equal(never.limit, 1);
});

test("a burst of refusals cuts it once", () => {
  const limit = adaptiveLimit({ now: () => 0, start: 20 });
  const burst = Array.from({ length: 20 }, () => limit.begin());
  for (const ticket of burst) ticket.ended(REFUSED);
  assert.equal(limit.limit, 14);
  limit.begin().ended(REFUSED);
  assert.equal(limit.limit, 9);
});

test("a server that refuses beyond its queue is not driven far into refusals", () => {
  const { limits } = simulate({ slots: 8, refusesBeyond: 12 }, 3_000, (now) => adaptiveLimit({ now }));
  const settled = mean(tail(limits));
  assert.ok(settled >= 5 && settled <= 16, `settled at ${settled}`);
});

test("faults that are not refusals do not cut it", () => {
  const limit = adaptiveLimit({ now: () => 0, start: 8 });
  for (let at = 0; at < 50; at += 1) {
    limit.begin().ended({ ...REFUSED, busy: false });
  }
  assert.equal(limit.limit, 8);
});

test("it does not climb while the work does not fill it", () => {
  const { limits } = simulate({ slots: 1_000 }, 2_000, (now) => adaptiveLimit({ now }), 3);
  assert.equal(Math.max(...limits), 8);
});

test("on servers it never saw it finishes at least 95 % of what the best fixed limit does, gauges or none", () => {
  const [, , shape] = drawShapes(7);
  assert.ok(shape);
  const common = { shapeAt: () => shape, seconds: 1_500, warmUpSeconds: 300, meanTokens: 1_500, seed: 3 };
  let best = 0;
  for (let at = 16; at < 256; at = Math.ceil(at * 1.1)) {
    const fixed = simulateServer({ ...common, gauges: false, streams: false, openLimits: () => [fixedLimit(at)] });
    best = Math.max(best, fixed.tokens);
  }
  for (const gauges of [true, false]) {
    const { tokens } = simulateServer({ ...common, gauges, openLimits: (now) => [adaptiveLimit({ now })] });
    assert.ok(tokens >= 0.95 * best, `${tokens / best}`);
  }
});

test("from cold it is at the knee of a server that degrades past it within three mean reply times, by its stream alone", () => {
  for (const seed of [2, 8, 16, 23]) {
    const [, , shape] = drawShapes(seed);
    assert.ok(shape);
    const rates = Array.from({ length: 200 }, (_, at) => shape.tokensPerSecond(at + 1));
    const top = Math.max(...rates);
    const replySeconds = (1_500 * (rates.indexOf(top) + 1)) / top;
    const seconds = Math.ceil(4 * replySeconds);
    const options = {
      shapeAt: () => shape,
      seconds,
      warmUpSeconds: 0,
      meanTokens: 1_500,
      seed: seed + 1_000,
      gauges: false,
    };
    const { trace } = simulateServer({ ...options, openLimits: (now) => [adaptiveLimit({ now })] });
    // At the knee: from some second on the output of one mean reply time is within 5 % of the best.
    const span = Math.ceil(replySeconds);
    const starts = Array.from({ length: trace.length - span }, (_, from) => from);
    const outputs = starts.map((from) => mean(trace.slice(from, from + span).map((second) => second.output)));
    assert.ok(Math.max(...outputs) >= 0.95 * top, `seed ${seed}: ${Math.max(...outputs) / top}`);
  }
});

test("two clients of one server share it: neither starves, and no queue is built", () => {
  const shape = { name: "slots", slots: 64, tokensPerSecond: (running: number) => 40 * running };
  const { trace } = simulateServer({
    shapeAt: () => shape,
    seconds: 1_200,
    warmUpSeconds: 200,
    meanTokens: 800,
    seed: 5,
    gauges: true,
    openLimits: (now) => [adaptiveLimit({ now }), adaptiveLimit({ now })],
  });
  const settled = trace.slice(-600);
  const [a, b] = [0, 1].map((client) => mean(settled.map(({ limits }) => limits[client] ?? 0)));
  assert.ok(a !== undefined && b !== undefined);
  assert.ok(Math.min(a, b) / Math.max(a, b) > 0.25, `${a} and ${b}`);
  assert.ok(a + b > 54 && a + b < 90, `${a} and ${b}`);
});

const DEGRADES = {
  name: "degrades",
  slots: 512,
  tokensPerSecond: (running: number) => 40 * (running <= 60 ? running : 60 / (1 + (running - 60) / 60)),
};

/** The seconds of clients on one server that degrades past 60 requests, where it puts out 2,400 tokens a second. */
function traceOnDegrading(options: Pick<SimulationOptions, "seconds" | "gauges" | "openLimits">) {
  return simulateServer({ shapeAt: () => DEGRADES, warmUpSeconds: 0, meanTokens: 800, seed: 5, ...options }).trace;
}

test("three clients of a server that degrades do not drive each other past its knee", () => {
  const trace = traceOnDegrading({
    seconds: 1_200,
    gauges: true,
    openLimits: (now) => [adaptiveLimit({ now }), adaptiveLimit({ now }), adaptiveLimit({ now })],
  });
  const output = mean(trace.slice(-900).map((second) => second.output));
  assert.ok(output >= 0.9 * 2_400, `${output}`);
});

test("shards without gauges go by one limit, near the knee of a server that degrades, and those left take over", () => {
  const trace = traceOnDegrading({
    seconds: 2_400,
    gauges: false,
    openLimits: (now) => {
      const limits = [0, 1, 2].map((at) => until(adaptiveLimit({ now }), () => at > 0 || now() < 1_500_000));
      return sharingLimits(limits, now, { beatMs: 5_000, lookMs: 5_000 });
    },
  });
  const outputOf = (from: number, to: number) => mean(trace.slice(from, to).map((second) => second.output));
  assert.ok(outputOf(600, 1_500) >= 0.95 * 2_400, `three: ${outputOf(600, 1_500)}`);
  assert.ok(outputOf(1_700, 2_400) >= 0.9 * 2_400, `two: ${outputOf(1_700, 2_400)}`);
  const meansOf = (from: number, to: number) =>
    [0, 1, 2].map((client) => mean(trace.slice(from, to).map(({ limits }) => limits[client] ?? 0)));
  const [a = 0, b = 0, c = 0] = meansOf(600, 1_500);
  assert.ok(Math.min(a, b, c) / Math.max(a, b, c) > 0.95, `${a}, ${b} and ${c}`);
  const [gone, second = 0, third = 0] = meansOf(1_700, 2_400);
  assert.equal(gone, 0);
  assert.ok(Math.min(second, third) / Math.max(second, third) > 0.95, `${second} and ${third}`);
});

test("a client that takes another's limit keeps to a cut of its own for a while", () => {
  let now = 0;
  const limit = adaptiveLimit({ now: () => now });
  const sharing = { clients: 2, leaderLimit: 20, lagMs: 2_000 };
  limit.share(sharing);
  assert.equal(limit.limit, 20);
  limit.begin().ended(REFUSED);
  assert.equal(limit.limit, 14);
  now = 3_000;
  limit.share(sharing);
  assert.equal(limit.limit, 14);
  limit.share({ ...sharing, leaderLimit: 12 });
  assert.equal(limit.limit, 12);
  now = 10_000;
  limit.share(sharing);
  assert.equal(limit.limit, 20);
});

/** A client that has nothing more to ask once `isThere` says no. */
function until(limit: ConcurrencyLimit, isThere: () => boolean): ConcurrencyLimit {
  return {
    get limit() {
      return isThere() ? limit.limit : 0;
    },
    why: limit.why,
    begin: () => limit.begin(),
    observe: (load) => limit.observe(load),
    share: (sharing) => limit.share(sharing),
  };
}

test("it cuts once for a preemption, and to what runs where requests wait", () => {
  let now = 0;
  const limit = adaptiveLimit({ now: () => now, start: 40 });
  for (let at = 0; at < 40; at += 1) limit.begin();
  const load = { running: 40, waiting: 0, kvUse: 0.9, preemptions: 3, generated: 0 };
  now = 5_000;
  limit.observe(load);
  limit.observe({ ...load, preemptions: 5 });
  assert.equal(limit.limit, 34);
  limit.observe({ ...load, preemptions: 6 });
  assert.equal(limit.limit, 34);
  const queued = adaptiveLimit({ now: () => now, start: 40 });
  for (let at = 0; at < 40; at += 1) queued.begin();
  now += 5_000;
  queued.observe({ ...load, running: 32, waiting: 8 });
  assert.equal(queued.limit, 40);
  queued.observe({ ...load, running: 32, waiting: 8 });
  assert.equal(queued.limit, 32);
});

test("gauges are read under the names of vLLM and SGLang, old and new, and engines are added up", () => {
  assert.deepEqual(
    readLoad(
      '# HELP x\nvllm:num_requests_running{engine="0",model_name="a b} c"} 4.0\nvllm:num_requests_running{engine="1"} 3\nvllm:num_requests_waiting{engine="0"} 8.0 1700000000\nvllm:kv_cache_usage_perc{engine="0"} 0.25\nvllm:kv_cache_usage_perc{engine="1"} 0.5\nvllm:num_preemptions_total{} 2\nvllm:generation_tokens_total 1.5e3\n',
    ),
    { running: 7, waiting: 8, kvUse: 0.5, preemptions: 2, generated: 1500 },
  );
  assert.deepEqual(readLoad("vllm:gpu_cache_usage_perc 0.1\nvllm:num_preemptions 1\n"), {
    running: null,
    waiting: null,
    kvUse: 0.1,
    preemptions: 1,
    generated: null,
  });
  assert.deepEqual(readLoad("sglang:num_running_reqs 2\nsglang:num_queue_reqs 1\nsglang:token_usage 0.3\n"), {
    running: 2,
    waiting: 1,
    kvUse: 0.3,
    preemptions: null,
    generated: null,
  });
  assert.equal(readLoad("{}"), null);
});
