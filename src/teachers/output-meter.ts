import type { ServerLoad } from "../records/index.js";

/** What one window brought. */
export interface OutputWindow {
  /** Output a second, in the unit it was told in. */
  readonly rate: number;
  /** Whether it arrived piece by piece. */
  readonly isStreamed: boolean;
  /** Whether the work ever filled the limit; else the rate says nothing about it. */
  readonly wasFilled: boolean;
}

export interface MeterState {
  readonly limit: number;
  /** The server's gauges, null where it has none. */
  readonly load: ServerLoad | null;
  /** Other clients use this server too: their output counts with ours. */
  readonly isShared: boolean;
  /** On the first way up one whole reply a request is enough to go on. */
  readonly isClimbing: boolean;
}

/** Measures the output under one limit after another, each in windows of its own. */
export interface OutputMeter {
  readonly inFlight: number;
  /** Of replies, lately; null before the first. */
  readonly meanMs: number | null;
  /** When the limit changed last. */
  readonly changedAt: number;
  begin(): void;
  /** The first output of a request. */
  speak(): void;
  progress(units: number): void;
  /** A request is over; `units` are those that were not told on the way, null where it failed. */
  end(request: { readonly hasSpoken: boolean; readonly units: number | null; readonly ms: number }): void;
  /** The limit is another now: measuring begins anew once that has settled. */
  restart(): void;
  /** The window that is over now; null while there is none. */
  look(state: MeterState): OutputWindow | null;
}

/**
 * A window is a second or more where replies stream, as many replies as the limit where they come whole; it begins when
 * what was asked under the old limit no longer counts. Times are monotonic milliseconds.
 */
export function openOutputMeter(now: () => number): OutputMeter {
  let inFlight = 0;
  let speaking = 0;
  let endingsToSettle = 0;
  let meanMs: number | null = null;
  let changedAt = now();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let isSettled = false;
  let window = openWindow(now(), null);

  function settles(at: number, limit: number): boolean {
    if (endingsToSettle <= 0) return true;
    if (inFlight > limit) return false;
    // Replies that come whole tell nothing before those asked under the old limit are gone.
    if (speaking === 0) return false;
    const patienceMs = Math.max(1_500, 0.15 * (meanMs ?? 0));
    return speaking >= 0.9 * Math.min(limit, inFlight) || at - changedAt > patienceMs;
  }

  function isOver(at: number, { limit, isClimbing }: MeterState): boolean {
    const elapsed = at - window.openedAt;
    const shortest = meanMs === null ? 1_000 : Math.max(200, Math.min(3_000, meanMs / 10));
    const isSmooth = window.pieces >= 4 * limit && elapsed >= shortest;
    const isWhole = window.replies >= (isClimbing ? 1 : 4) * limit && elapsed > 0;
    return isSmooth || isWhole;
  }

  function rateOf(at: number, { isShared, load }: MeterState): number {
    const seconds = Math.max(1, at - window.openedAt) / 1000;
    const before = window.generated;
    const generated = load?.generated ?? null;
    if (isShared && before !== null && generated !== null && generated > before) return (generated - before) / seconds;
    return window.units / seconds;
  }

  function reopen(at: number, { load }: MeterState): void {
    window = openWindow(at, load?.generated ?? null);
    window.mostInFlight = inFlight;
  }

  return {
    get inFlight() {
      return inFlight;
    },
    get meanMs() {
      return meanMs;
    },
    get changedAt() {
      return changedAt;
    },
    begin() {
      inFlight += 1;
      window.mostInFlight = Math.max(window.mostInFlight, inFlight);
    },
    speak() {
      speaking += 1;
    },
    progress(units) {
      window.units += units;
      window.pieces += 1;
    },
    end({ hasSpoken, units, ms }) {
      inFlight = Math.max(0, inFlight - 1);
      if (hasSpoken) speaking -= 1;
      if (endingsToSettle > 0) endingsToSettle -= 1;
      if (units === null) return;
      meanMs = meanMs === null ? ms : meanMs + (ms - meanMs) / 16;
      if (!isSettled) return;
      window.replies += 1;
      window.units += units;
    },
    restart() {
      endingsToSettle = inFlight;
      changedAt = now();
      isSettled = false;
    },
    look(state) {
      const at = now();
      if (at === lookedAt) return null;
      lookedAt = at;
      if (!isSettled) {
        isSettled = settles(at, state.limit);
        if (isSettled) reopen(at, state);
        return null;
      }
      if (!isOver(at, state)) return null;
      const rate = rateOf(at, state);
      const { pieces, mostInFlight } = window;
      reopen(at, state);
      return { rate, isStreamed: pieces > 0, wasFilled: mostInFlight >= state.limit };
    },
  };
}

interface Counts {
  readonly openedAt: number;
  /** The server's own counter of generated tokens then. */
  readonly generated: number | null;
  replies: number;
  units: number;
  /** Times output arrived. */
  pieces: number;
  mostInFlight: number;
}

function openWindow(openedAt: number, generated: number | null): Counts {
  return { openedAt, generated, replies: 0, units: 0, pieces: 0, mostInFlight: 0 };
}
