/** How one request went, for the limit that let it out. */
export interface RequestResult {
  readonly ok: boolean;
  /** Completion tokens, null where the server did not say. */
  readonly tokens: number | null;
  /** How long it took. */
  readonly ms: number;
  /** The server turned it away because it has too much to do. */
  readonly busy: boolean;
}

/** How many requests one endpoint may have in flight. */
export interface ConcurrencyLimit {
  readonly limit: number;
  started(): void;
  ended(result: RequestResult): void;
}

export function fixedLimit(requests: number): ConcurrencyLimit {
  return { limit: requests, started() {}, ended() {} };
}

export interface AdaptiveLimitOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly start?: number;
  readonly cap?: number;
}

/** Share of the gain a larger limit ought to bring that it must bring to be worth it: less is noise or a full server. */
const WORTH = 0.4;
/** Share of the limit that stays after a server said it is busy. */
const CUT = 0.7;
/** Windows to hold still between two trials, once the first climb has come to its end. */
const HOLD_WINDOWS = 4;

/**
 * Climbs in steps of a quarter for as long as a step raises the throughput (tokens a second, or replies where the
 * server counts no tokens); then holds, and now and then tries a little more and a little less in turn, keeping the
 * smaller of two limits that do the same. Cuts once for a burst of refusals. A rate is taken over as many endings as
 * the limit, twice as many after the climb, and only from requests that started under that limit.
 */
export function adaptiveLimit({ now, start = 4, cap = 512 }: AdaptiveLimitOptions): ConcurrencyLimit {
  let limit = Math.min(start, cap);
  let inFlight = 0;
  /** Endings still to come of requests that started before the last change. */
  let settling = 0;
  let cutsIgnored = 0;
  let window = openWindow(now());
  let trial: { readonly from: number; readonly rates: Rates } | null = null;
  let direction: "up" | "down" = "up";
  let climbing = true;
  let holding = 0;

  function change(to: number): void {
    limit = Math.max(1, Math.min(cap, to));
    settling = inFlight;
    window = openWindow(now());
  }

  function cut(): void {
    if (cutsIgnored > 0) return;
    // All that are on their way now met the same full server.
    cutsIgnored = inFlight;
    trial = null;
    settleDown();
    change(Math.floor(limit * CUT));
  }

  function settleDown(): void {
    climbing = false;
    holding = HOLD_WINDOWS;
    direction = direction === "up" ? "down" : "up";
  }

  function endWindow(): void {
    const rates = ratesOf(window, now());
    const filled = window.mostInFlight >= limit;
    window = openWindow(now());
    if (!filled) trial = null;
    else if (trial !== null) judge(trial.from, trial.rates, rates);
    else if (holding > 0) holding -= 1;
    else tryNext(rates);
  }

  /** Keeps the better of the limit before a trial and the one tried. */
  function judge(from: number, ratesBefore: Rates, rates: Rates): void {
    const rose = limit > from;
    const gained = rose ? gain(ratesBefore, rates) : gain(rates, ratesBefore);
    const hoped = Math.max(limit, from) / Math.min(limit, from) - 1;
    const largerIsWorth = gained >= WORTH * hoped;
    trial = null;
    if (rose && largerIsWorth && climbing) {
      tryNext(rates);
      return;
    }
    settleDown();
    if (rose !== largerIsWorth) change(from);
  }

  function tryNext(rates: Rates): void {
    const step = Math.max(climbing ? 2 : 1, limit >> 2);
    const to = direction === "up" ? Math.min(cap, limit + step) : Math.max(1, limit - step);
    if (to === limit) {
      settleDown();
      return;
    }
    trial = { from: limit, rates };
    change(to);
  }

  return {
    get limit() {
      return limit;
    },
    started() {
      inFlight += 1;
      window.mostInFlight = Math.max(window.mostInFlight, inFlight);
    },
    ended({ ok, tokens, busy }) {
      const startedBefore = settling > 0;
      if (startedBefore) settling -= 1;
      if (busy) cut();
      inFlight = Math.max(0, inFlight - 1);
      if (cutsIgnored > 0) cutsIgnored -= 1;
      if (startedBefore) {
        if (settling === 0) window = openWindow(now());
        return;
      }
      if (!ok) return;
      window.replies += 1;
      if (tokens === null) window.uncounted += 1;
      else window.tokens += tokens;
      if (window.replies >= (climbing ? limit : 2 * limit)) endWindow();
    },
  };
}

interface Window {
  readonly openedAt: number;
  replies: number;
  tokens: number;
  /** Replies without a count of tokens. */
  uncounted: number;
  mostInFlight: number;
}

interface Rates {
  readonly replies: number;
  readonly tokens: number | null;
}

function openWindow(openedAt: number): Window {
  return { openedAt, replies: 0, tokens: 0, uncounted: 0, mostInFlight: 0 };
}

function ratesOf(window: Window, now: number): Rates {
  const seconds = Math.max(1, now - window.openedAt) / 1000;
  const counted = window.uncounted === 0 && window.tokens > 0;
  return { replies: window.replies / seconds, tokens: counted ? window.tokens / seconds : null };
}

function gain(before: Rates, after: Rates): number {
  if (before.tokens !== null && after.tokens !== null) return after.tokens / before.tokens - 1;
  return after.replies / before.replies - 1;
}
