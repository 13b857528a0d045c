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
  /** How long after us the other clients go by our limit (ms); 0 where there is none. */
  readonly lagMs: number;
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
  begin(): MeteredRequest;
  /** The limit is another now: measuring begins anew once that has settled. */
  restart(): void;
  /** The window that is over now; null while there is none. */
  look(state: MeterState): OutputWindow | null;
}

export interface MeteredRequest {
  /** Output arrived; the first time perhaps none yet. */
  progress(units: number): void;
  /** It is over: what it brought in all, in a unit of whole replies, and null where it failed. */
  end(whole: { readonly units: number | null; readonly ms: number }): void;
}

/**
 * A window is a second or more where replies stream, as many replies as the limit where they come whole; it begins when
 * what was asked under the old limit no longer counts. Times are monotonic milliseconds.
 */
export function openOutputMeter(now: () => number): OutputMeter {
  let inFlight = 0;
  const speaking = new Set<Stream>();
  let endingsToSettle = 0;
  let meanMs: number | null = null;
  let changedAt = now();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let isSettled = false;
  let settledAt = Number.POSITIVE_INFINITY;
  let window = openWindow(now(), null);

  function settles(at: number, limit: number): boolean {
    if (endingsToSettle <= 0) return true;
    if (inFlight > limit) return false;
    // Replies that come whole tell nothing before those asked under the old limit are gone.
    if (speaking.size === 0) return false;
    const patienceMs = Math.max(1_500, 0.15 * (meanMs ?? 0));
    return speaking.size >= 0.9 * Math.min(limit, inFlight) || at - changedAt > patienceMs;
  }

  function isOver(at: number, { limit, isClimbing, lagMs }: MeterState): boolean {
    const elapsed = at - window.openedAt;
    const shortest = meanMs === null ? 1_000 : Math.max(200, Math.min(3_000, meanMs / 10), lagMs / 4);
    const isSmooth = window.pieces >= 4 * limit && elapsed >= shortest;
    const isWhole = window.replies >= (isClimbing ? 1 : 4) * limit && elapsed > 0;
    return isSmooth || isWhole;
  }

  function rateOf(at: number, { isShared, load }: MeterState): number {
    const seconds = Math.max(1, at - window.openedAt) / 1000;
    const before = window.generated;
    const generated = load?.generated ?? null;
    if (isShared && before !== null && generated !== null && generated > before) return (generated - before) / seconds;
    return (window.units + unseen(at)) / seconds;
  }

  /** What the streams have written since their last pieces, by their own pace of late: it will arrive when this window is over. */
  function unseen(at: number): number {
    const paces = [...speaking].filter(isPaced).map(paceOf);
    if (paces.length === 0) return 0;
    const usual = {
      pace: paces.reduce((sum, { pace }) => sum + pace, 0) / paces.length,
      gap: paces.reduce((sum, { gap }) => sum + gap, 0) / paces.length,
    };
    let units = 0;
    for (const stream of speaking) {
      const { pace, gap } = isPaced(stream) ? paceOf(stream) : usual;
      units += pace * Math.min(gap, at - Math.max(stream.lastAt, window.openedAt));
    }
    return units;
  }

  /** A piece was written since the one before it: of it counts what falls into the window. */
  function add(stream: Stream, units: number, at: number): void {
    const gap = at - stream.lastAt;
    const inWindow = at - Math.max(stream.lastAt, window.openedAt);
    window.units += gap > 0 ? (units * inWindow) / gap : units;
    window.pieces += 1;
    stream.lastAt = at;
    stream.units += units - stream.units * FORGETS;
    stream.ms += gap - stream.ms * FORGETS;
    stream.pieces += 1 - stream.pieces * FORGETS;
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
      let stream: Stream | null = null;
      return {
        progress(units) {
          const at = now();
          if (stream === null) {
            stream = { lastAt: at, units: 0, ms: 0, pieces: 0 };
            speaking.add(stream);
          }
          if (units > 0) add(stream, units, at);
        },
        end({ units, ms }) {
          inFlight = Math.max(0, inFlight - 1);
          if (stream !== null) speaking.delete(stream);
          if (endingsToSettle > 0) endingsToSettle -= 1;
          if (units === null) return;
          meanMs = meanMs === null ? ms : meanMs + (ms - meanMs) / 16;
          if (!isSettled) return;
          window.replies += 1;
          if (stream === null) window.units += units;
        },
      };
    },
    restart() {
      endingsToSettle = inFlight;
      changedAt = now();
      isSettled = false;
      settledAt = Number.POSITIVE_INFINITY;
    },
    look(state) {
      const at = now();
      if (at === lookedAt) return null;
      lookedAt = at;
      if (!isSettled) {
        if (settles(at, state.limit)) settledAt = Math.min(settledAt, at);
        isSettled = at - settledAt >= state.lagMs;
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

/** A reply on its way: what it brought of late, a little of it forgotten with every piece. */
interface Stream {
  /** When its last piece arrived, or when it began. */
  lastAt: number;
  units: number;
  ms: number;
  pieces: number;
}

/** Of a stream, with each piece. One piece alone tells nothing: a network hands them on in bundles; all of them tell of the limit before. */
const FORGETS = 0.25;

const isPaced = ({ ms }: Stream) => ms > 0;

/** Units a millisecond, and milliseconds a piece. */
function paceOf({ units, ms, pieces }: Stream): { readonly pace: number; readonly gap: number } {
  return { pace: units / ms, gap: ms / pieces };
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
