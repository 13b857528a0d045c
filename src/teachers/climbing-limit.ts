import type { ServerLoad } from "../records/index.js";
import type { ConcurrencyLimit, RequestResult, Ticket } from "./concurrency.js";
import { openRateTable } from "./rate-table.js";

export interface ClimbOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly start?: number;
  readonly cap?: number;
}

/** A doubling that brings less than this share more is the end of the first climb. */
const WORTH_DOUBLING = 0.04;
/** Largest and smallest step of the search round the knee, as a factor. */
const WIDEST = 1.4;
const NARROWEST = 1.06;
/** Windows to hold still between two trials once the knee is found. */
const HOLD_WINDOWS = 8;
/** Share of the limit that stays after a server said it is busy, and after it preempted. */
const CUT_BUSY = 0.7;
const CUT_PREEMPTED = 0.85;
/** Windows for which a limit that was too much is not tried again. */
const CEILING_WINDOWS = 30;
/** A rate that is off by this share twice in a row is another server than before. */
const CHANGED = 0.15;
/** A KV cache fuller than this is about to preempt. */
const KV_FULL = 0.94;

/**
 * Doubles for as long as that raises the output a second and nothing waits; then searches round the best limit it saw in
 * steps that get smaller, and holds, trying a little more and a little less now and then. Of limits that do the same it
 * takes the smallest. A limit is judged by the output that arrived in a window of its own, after the change has settled:
 * a second or more where replies stream, as many replies as the limit where they come whole. Cuts once for a burst of
 * refusals, for a preemption, and down to what runs where requests wait.
 */
export function climbingLimit({ now, start = 8, cap = 512 }: ClimbOptions): ConcurrencyLimit {
  let limit = Math.min(start, cap);
  let why = "climbing from a cold start";
  let inFlight = 0;
  let speaking = 0;
  let endingsToSettle = 0;
  let cutsIgnored = 0;
  let meanMs: number | null = null;
  let window = openWindow(now(), null);
  let settledAt: number | null = null;
  let changedAt = now();
  let checkedAt = Number.NEGATIVE_INFINITY;
  let ramping = true;
  let rampFrom: { readonly limit: number; readonly rate: number } | null = null;
  let probe: { readonly from: number; readonly up: boolean; readonly before: number | null } | null = null;
  let up = true;
  let step = WIDEST;
  let failedSides = 0;
  let holding = 0;
  let oddWindows = 0;
  let ceiling: { readonly limit: number; windows: number } | null = null;
  let load: ServerLoad | null = null;
  let waitingPolls = 0;
  let lastCutAt = Number.NEGATIVE_INFINITY;
  const table = openRateTable();

  function change(to: number): void {
    const next = Math.max(1, Math.min(cap, Math.round(to)));
    endingsToSettle = inFlight;
    changedAt = now();
    settledAt = null;
    limit = next;
  }

  /** The first climb is over: what was seen decides where to search. */
  function endRamp(): void {
    ramping = false;
    rampFrom = null;
  }

  function cut(to: number, reason: string): void {
    why = reason;
    endRamp();
    ceiling = { limit, windows: CEILING_WINDOWS };
    table.forgetFrom(limit);
    probe = null;
    holding = HOLD_WINDOWS;
    step = Math.min(step, 1.2);
    lastCutAt = now();
    change(to);
  }

  function highest(): number {
    return ceiling === null ? cap : Math.max(1, Math.min(cap, ceiling.limit - 1));
  }

  function isSettled(at: number): boolean {
    if (endingsToSettle <= 0) return true;
    if (inFlight > limit) return false;
    // Replies that come whole tell nothing before those asked under the old limit are gone.
    if (speaking === 0) return false;
    const patience = Math.max(1_500, 0.15 * (meanMs ?? 0));
    return speaking >= 0.9 * Math.min(limit, inFlight) || at - changedAt > patience;
  }

  /** Other clients use this server too: their work has to be seen. */
  function isShared(): boolean {
    return load !== null && load.running !== null && totalInFlight() > 1.25 * inFlight + 2;
  }

  /** Clients of one server go up by the same number and down by the same share, so that a small one catches up. */
  function fairStep(): number {
    return 0.06 * totalInFlight();
  }

  /** Of all clients. */
  function totalInFlight(): number {
    return (load?.running ?? 0) + (load?.waiting ?? 0);
  }

  function check(): void {
    const at = now();
    if (at === checkedAt) return;
    checkedAt = at;
    if (settledAt === null) {
      if (!isSettled(at)) return;
      settledAt = at;
      window = openWindow(at, load?.generated ?? null);
      window.mostInFlight = inFlight;
      return;
    }
    const elapsed = at - window.openedAt;
    const isSmooth = window.pieces >= 4 * limit && elapsed >= windowMs();
    const isWhole = window.replies >= (ramping ? 1 : 4) * limit && elapsed > 0;
    if (isSmooth || isWhole) endWindow(at);
  }

  function windowMs(): number {
    return meanMs === null ? 1_000 : Math.max(200, Math.min(3_000, meanMs / 10));
  }

  function rateOf(at: number): number {
    const seconds = Math.max(1, at - window.openedAt) / 1000;
    const before = window.generated;
    const generated = load?.generated ?? null;
    if (isShared() && before !== null && generated !== null && generated > before)
      return (generated - before) / seconds;
    return window.units / seconds;
  }

  function endWindow(at: number): void {
    const rate = rateOf(at);
    const wasFilled = window.mostInFlight >= limit;
    window = openWindow(at, load?.generated ?? null);
    window.mostInFlight = inFlight;
    if (ceiling !== null && --ceiling.windows <= 0) ceiling = null;
    table.grow();
    if (!wasFilled) {
      probe = null;
      return;
    }
    const before = table.at(limit);
    const isOdd = before !== null && Math.abs(rate / before.rate - 1) > Math.max(CHANGED, 4 * table.noise);
    oddWindows = isOdd && probe === null && !ramping ? oddWindows + 1 : 0;
    if (oddWindows >= 2) startAnew();
    table.note(limit, rate);
    if (ramping) climb(rate);
    else if (isShared()) searchShared(rate);
    else search();
  }

  function startAnew(): void {
    oddWindows = 0;
    table.clear();
    step = WIDEST;
    failedSides = 0;
    holding = 0;
    why = "searching: the server changed";
  }

  function climb(rate: number): void {
    const from = rampFrom;
    const isWorth = from === null || rate / from.rate - 1 >= WORTH_DOUBLING;
    if (isWorth && mayClimb() && limit < highest()) {
      rampFrom = { limit, rate };
      change(Math.min(highest(), limit * 2));
      return;
    }
    endRamp();
    search();
  }

  function mayClimb(): boolean {
    return waitingPolls === 0 && (load?.kvUse ?? 0) < KV_FULL;
  }

  /** Among several clients a smaller share is no merit: steps up that bring nothing are undone, and only cuts go down. */
  function searchShared(rate: number): void {
    if (probe !== null) {
      const { from, before } = probe;
      probe = null;
      holding = HOLD_WINDOWS / 2;
      const hoped = (limit - from) / Math.max(1, totalInFlight());
      if (before !== null && rate / before - 1 < 0.3 * hoped) change(from);
      return;
    }
    if (holding > 0) {
      holding -= 1;
      return;
    }
    if (!mayClimb() || limit >= highest()) return;
    probe = { from: limit, up: true, before: rate };
    why = "sharing the server with other clients";
    change(Math.min(highest(), limit + Math.max(1, fairStep())));
  }

  function search(): void {
    const best = table.best() ?? limit;
    if (probe !== null) {
      const won = best === limit;
      failedSides = won ? 0 : failedSides + 1;
      // A slope that goes on is taken in growing steps.
      if (won) step = Math.min(2, step ** 1.5);
      else if (failedSides >= 2) narrow();
      if (!won) up = !probe.up;
      probe = null;
      if (won) tryNext();
      else if (best !== limit) change(best);
      return;
    }
    if (best !== limit) {
      change(best);
      return;
    }
    if (holding > 0) {
      holding -= 1;
      return;
    }
    tryNext();
  }

  function narrow(): void {
    failedSides = 0;
    why = "holding: more brings no more output a second";
    if (step <= NARROWEST * 1.01) holding = HOLD_WINDOWS;
    step = Math.max(NARROWEST, Math.sqrt(step));
  }

  function tryNext(): void {
    const mayGoUp = mayClimb() && limit < highest();
    const goUp = (up && mayGoUp) || limit === 1;
    const to = goUp ? Math.min(highest(), Math.max(limit + 1, limit * step)) : Math.min(limit - 1, limit / step);
    if (Math.round(to) === limit || to < 1) {
      failedSides += 1;
      if (failedSides >= 2) narrow();
      up = !up;
      holding = Math.max(holding, 1);
      return;
    }
    probe = { from: limit, up: goUp, before: null };
    change(to);
  }

  function end(wasSpeaking: boolean, hadUnits: boolean, { ok, tokens, ms, busy }: RequestResult): void {
    if (busy && cutsIgnored <= 0) {
      // All that are on their way now met the same full server.
      cutsIgnored = inFlight;
      cut(Math.floor(limit * CUT_BUSY), "cut: the server says it has too much to do");
    }
    inFlight = Math.max(0, inFlight - 1);
    if (wasSpeaking) speaking -= 1;
    if (cutsIgnored > 0) cutsIgnored -= 1;
    if (endingsToSettle > 0) endingsToSettle -= 1;
    if (ok) {
      meanMs = meanMs === null ? ms : meanMs + (ms - meanMs) / 16;
      if (settledAt !== null) {
        window.replies += 1;
        if (!hadUnits) window.units += tokens ?? 1;
      }
    }
    check();
  }

  return {
    get limit() {
      return limit;
    },
    get why() {
      return why;
    },
    begin(): Ticket {
      inFlight += 1;
      window.mostInFlight = Math.max(window.mostInFlight, inFlight);
      let hasSpoken = false;
      return {
        progressed(units) {
          if (!hasSpoken) {
            hasSpoken = true;
            speaking += 1;
          }
          // A window begins and ends between two moments, not between two streams of one engine step.
          check();
          window.units += units;
          window.pieces += 1;
        },
        ended: (result) => end(hasSpoken, hasSpoken, result),
      };
    },
    observe(seen) {
      const preempted = seen.preemptions !== null && load?.preemptions != null && seen.preemptions > load.preemptions;
      load = seen;
      const { running, waiting } = seen;
      const queues = running !== null && waiting !== null && waiting > Math.max(1, 0.04 * running);
      waitingPolls = queues ? waitingPolls + 1 : 0;
      const sinceCut = now() - Math.max(lastCutAt, changedAt);
      const rests = sinceCut < Math.max(2_000, 0.3 * (meanMs ?? 0)) || inFlight > limit;
      if (preempted && !rests)
        cut(Math.floor(limit * CUT_PREEMPTED), "cut: the server ran out of KV cache and preempted");
      else if (running !== null && waiting !== null && waitingPolls >= 2 && !rests && inFlight >= limit) {
        const keep = Math.max(0.6, running / (running + waiting));
        if (limit > 1)
          cut(Math.min(limit - 1, Math.ceil(limit * keep)), "holding: the server's slots are full, more would wait");
      } else check();
    },
  };
}

interface Window {
  readonly openedAt: number;
  /** The server's own counter of generated tokens then. */
  readonly generated: number | null;
  replies: number;
  units: number;
  /** Times output arrived. */
  pieces: number;
  mostInFlight: number;
}

function openWindow(openedAt: number, generated: number | null): Window {
  return { openedAt, generated, replies: 0, units: 0, pieces: 0, mostInFlight: 0 };
}
