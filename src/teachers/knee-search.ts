import { openRateTable } from "./rate-table.js";

/** What a limit brought, and whether there is room for more. */
export interface Measured {
  readonly limit: number;
  /** Output a second under it. */
  readonly rate: number;
  /** Whether it arrived piece by piece. */
  readonly isStreamed: boolean;
  /** False while requests wait at the server, or its KV cache is nearly full. */
  readonly mayGrow: boolean;
  /** Requests of all clients where other clients use the server too; null where it is ours alone. */
  readonly crowd: number | null;
}

/** Looks for the fewest requests that bring a server's full output. */
export interface KneeSearch {
  readonly why: string;
  /** Still on the first way up. */
  readonly isClimbing: boolean;
  /** Takes what one window measured and says which limit to try next; the same one to stay. */
  next(measured: Measured): number;
  /** A window passed that the work did not fill, so that it says nothing. */
  skip(): void;
  /** The same limit brings another output from now on: others share the server, or another client has looked for it until now. */
  beginAnew(why: string, mayClimb: boolean): void;
  /** The limit was too much and is being cut: it is not tried again for a while. */
  wasTooMuch(limit: number, why: string): void;
}

/**
 * The first climb: a factor, smaller where streams show at once what it brings, and the share more that it must bring.
 * A server that degrades has to end what the last step was too much, so larger steps are sooner up and later at the knee.
 */
const CLIMB = 2;
const CLIMB_STREAMED = 1.2;
/** Of few requests a window tells too little for small steps. */
const CLIMB_FEW = 1.5;
const FEW = 32;
const WORTH_CLIMBING = 0.04;
/** Largest and smallest step of the search round the knee, as a factor. */
const WIDEST = 1.5;
const NARROWEST = 1.03;
/** Share more that a step up must bring for its share more of requests, if the next is to be wider. */
const STEEP = 0.3;
/** Windows to hold still between two trials once the knee is found. */
const HOLD_WINDOWS = 8;
/** Every so many holds a wide step up is tried: narrow ones show nothing of a knee that has moved far away. */
const WIDE_EVERY = 4;
const WIDE_STEP = 1.15;
/** Of a trial among several clients: share of all requests more, share of its own less, and what of it must come as output. */
const SHARED_UP = 0.06;
const SHARED_DOWN = 0.12;
const WORTH_SHARE = 0.1;
/** Windows for which a limit that was too much is not tried again. */
const CEILING_WINDOWS = 30;
/** A rate that is off by this share twice in a row is another server than before. */
const CHANGED = 0.08;

/**
 * Climbs by a factor for as long as that brings more; then searches round the best limit it saw in steps that get smaller, and
 * holds, trying a little more and a little less now and then. Of limits that do the same it takes the smallest.
 */
export function openKneeSearch(cap: number): KneeSearch {
  const table = openRateTable();
  let why = "climbing from a cold start";
  let isClimbing = true;
  let isFirst = true;
  let climbedFrom: number | null = null;
  /** What the window before measured under this same limit, where that was no gain. */
  let doubted: number | null = null;
  let trial: { readonly from: number; readonly rate: number } | null = null;
  let up = true;
  let step = WIDEST;
  let failedSides = 0;
  let holding = 0;
  let holds = 0;
  let oddWindows = 0;
  let ceiling: { readonly limit: number; windows: number } | null = null;

  function highest(): number {
    return ceiling === null ? cap : Math.max(1, Math.min(cap, ceiling.limit - 1));
  }

  function passWindow(): void {
    if (ceiling !== null && --ceiling.windows <= 0) ceiling = null;
    table.grow();
  }

  function noteOddity({ limit, rate }: Measured): void {
    const known = table.at(limit)?.rate ?? null;
    const isOdd = known !== null && Math.abs(rate / known - 1) > Math.max(CHANGED, 4 * table.noise);
    oddWindows = isOdd && trial === null && !isClimbing ? oddWindows + 1 : 0;
    if (oddWindows < 2) return;
    oddWindows = 0;
    table.clear();
    step = WIDEST;
    failedSides = 0;
    holding = 0;
    // Too many in flight take long to end on a server that has become slower, so the way down comes first.
    up = known === null || rate > known;
    why = "searching: the server changed";
  }

  function climb(measured: Measured): number {
    const { limit, mayGrow } = measured;
    const factor = !measured.isStreamed ? CLIMB : limit < FEW ? CLIMB_FEW : CLIMB_STREAMED;
    const worth = WORTH_CLIMBING * (factor - 1);
    const rate = doubted === null ? measured.rate : (doubted + measured.rate) / 2;
    const hasRoom = mayGrow && limit < highest();
    if (hasRoom && isFirst && measured.isStreamed) {
      // All began together and none has ended: more output than this limit brings.
      isFirst = false;
      table.clear();
      return limit;
    }
    const gained = climbedFrom === null ? worth : rate / climbedFrom - 1;
    if (hasRoom && gained >= worth) {
      climbedFrom = rate;
      doubted = null;
      return Math.min(highest(), Math.max(limit + 1, Math.round(limit * factor)));
    }
    if (hasRoom && doubted === null) {
      // A window of few replies may show less by chance, and a climb that ends too low is slow to go on.
      doubted = measured.rate;
      return limit;
    }
    isClimbing = false;
    // Output that fell, or requests that wait, show a knee close below; where it only rose no more, the knee may be far.
    step = gained < -worth || !mayGrow ? Math.sqrt(factor) : WIDEST;
    return search(measured);
  }

  function search(measured: Measured): number {
    const { limit } = measured;
    const best = table.best() ?? limit;
    if (trial !== null) {
      const { from, rate } = trial;
      trial = null;
      if (best === limit) {
        failedSides = 0;
        // A slope that goes on is taken in growing steps; upwards only where it is steep, since the knee may be right here.
        const isSteep = measured.rate / rate - 1 >= STEEP * Math.log(limit / from);
        if (limit < from || isSteep) step = Math.min(WIDEST, upStep() ** 1.5);
        return tryNext(measured);
      }
      failedSides += 1;
      if (failedSides >= 2) narrow();
      up = !up;
      return best;
    }
    if (best !== limit) return best;
    if (holding > 0) {
      holding -= 1;
      return limit;
    }
    return tryNext(measured);
  }

  function narrow(): void {
    failedSides = 0;
    why = "holding: more brings no more output a second";
    if (step <= NARROWEST * 1.01) {
      holding = HOLD_WINDOWS;
      holds += 1;
    }
    step = Math.max(NARROWEST, Math.sqrt(step));
  }

  function upStep(): number {
    return holds > 0 && holds % WIDE_EVERY === 0 ? Math.max(step, WIDE_STEP) : step;
  }

  function tryNext({ limit, rate, mayGrow }: Measured): number {
    const goesUp = (up && mayGrow && limit < highest()) || limit === 1;
    const to = goesUp ? Math.min(highest(), Math.max(limit + 1, limit * upStep())) : Math.min(limit - 1, limit / step);
    const rounded = Math.round(to);
    if (rounded === limit || rounded < 1) {
      failedSides += 1;
      if (failedSides >= 2) narrow();
      up = !up;
      holding = Math.max(holding, 1);
      return limit;
    }
    trial = { from: limit, rate };
    return rounded;
  }

  /**
   * Among several clients every trial is judged by the whole server's output. Up all go by the same number, down by the
   * same share of their own, and where neither changes the output only down is kept: so the shares become alike.
   */
  function searchShared({ limit, rate, mayGrow }: Measured, crowd: number): number {
    if (trial !== null) {
      const { from, rate: before } = trial;
      trial = null;
      holding = HOLD_WINDOWS / 2;
      const hoped = (limit - from) / Math.max(1, crowd);
      const gained = rate / before - 1;
      return gained < WORTH_SHARE * hoped ? from : limit;
    }
    if (holding > 0) {
      holding -= 1;
      return limit;
    }
    why = "sharing the server with other clients";
    const more = Math.min(cap, Math.round(limit + Math.max(1, SHARED_UP * crowd)));
    const less = Math.max(1, Math.round(limit * (1 - SHARED_DOWN)));
    const to = up && mayGrow ? more : less;
    up = !up;
    if (to !== limit) trial = { from: limit, rate };
    return to;
  }

  return {
    get why() {
      return why;
    },
    get isClimbing() {
      return isClimbing;
    },
    next(measured) {
      passWindow();
      noteOddity(measured);
      table.note(measured.limit, measured.rate);
      if (isClimbing) return climb(measured);
      return measured.crowd === null ? search(measured) : searchShared(measured, measured.crowd);
    },
    skip() {
      passWindow();
      trial = null;
    },
    beginAnew(reason, mayClimb) {
      why = reason;
      isClimbing &&= mayClimb;
      climbedFrom = null;
      doubted = null;
      ceiling = null;
      table.clear();
      trial = null;
      step = CLIMB_STREAMED;
      failedSides = 0;
      holding = 0;
      up = false;
    },
    wasTooMuch(limit, reason) {
      why = reason;
      isClimbing = false;
      ceiling = { limit, windows: CEILING_WINDOWS };
      table.forgetFrom(limit);
      trial = null;
      holding = HOLD_WINDOWS;
      step = Math.min(step, 1.2);
    },
  };
}
