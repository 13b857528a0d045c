import { duration, thousands } from "./print.js";

/** Where a piece of work stands. */
export interface Standing {
  readonly done: number;
  /** Null while it is not known. */
  readonly total: number | null;
  /** More facts for the line, e.g. tokens, by their words. */
  readonly facts?: readonly string[];
}

const LINE_MS = 5_000;
const FRAME_MS = 200;
/** While nothing happens, a look at the clock this often. */
const LOOK_MS = 1_000;
/** Rates look back this far, so that they tell of now. */
const WINDOW_MS = 30_000;

/** Time as progress sees it; a test has its own. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Gives the way to stop it. Keeps no process alive. */
  every(ms: number, call: () => void): () => void;
}

const CLOCK: Clock = {
  now: () => performance.now(),
  every(ms, call) {
    const timer = setInterval(call, ms).unref();
    return () => clearInterval(timer);
  },
};

/**
 * A live line on a terminal, a plain line every few seconds elsewhere, also while nothing moves: servers that are silent
 * for minutes must not look like a program that hangs. Everything goes to stderr.
 */
export function showProgress(what: string, clock: Clock = CLOCK): { update(standing: Standing): void; end(): void } {
  const isLive = process.stderr.isTTY === true;
  const startedAt = clock.now();
  const marks: { readonly at: number; readonly done: number }[] = [{ at: startedAt, done: 0 }];
  let latest: Standing | null = null;
  let baseline: number | null = null;
  let lastShown = startedAt;

  const line = (standing: Standing, now: number): string => {
    const first = marks[0] ?? { at: startedAt, done: 0 };
    const rate = now > first.at ? ((standing.done - first.done) / (now - first.at)) * 1000 : null;
    const total = standing.total === null ? "" : ` of ${thousands(standing.total)}`;
    const parts = [`${thousands(standing.done)}${total} ${what}`];
    if (rate !== null) parts.push(`${rate >= 10 ? thousands(rate) : rate.toFixed(1)}/s`);
    if (standing.facts !== undefined) parts.push(...standing.facts);
    if (standing.total !== null && rate !== null && rate > 0 && standing.done < standing.total) {
      parts.push(`${duration(((standing.total - standing.done) / rate) * 1000)} left`);
    }
    return parts.join(" · ");
  };

  const show = (standing: Standing, now: number) => {
    lastShown = now;
    const text = line(standing, now);
    if (!isLive) process.stderr.write(`${text}\n`);
    else process.stderr.write(`\r\u001b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  };

  const mark = (standing: Standing, now: number) => {
    const newest = marks[marks.length - 1];
    if (newest === undefined || now - newest.at > 1_000) marks.push({ at: now, done: standing.done });
    while (marks.length > 2 && now - (marks[0]?.at ?? now) > WINDOW_MS) marks.shift();
    if (now - lastShown >= (isLive ? FRAME_MS : LINE_MS)) show(standing, now);
  };
  let stopLooking: (() => void) | null = null;

  return {
    update(standing) {
      const now = clock.now();
      if (baseline === null) {
        baseline = standing.done;
        marks[0] = { at: now, done: standing.done };
      }
      latest = standing;
      mark(standing, now);
      stopLooking ??= clock.every(LOOK_MS, () => {
        if (latest !== null) mark(latest, clock.now());
      });
    },
    end() {
      stopLooking?.();
      stopLooking = null;
      if (latest !== null) show(latest, clock.now());
      if (isLive && latest !== null) process.stderr.write("\n");
      latest = null;
    },
  };
}
