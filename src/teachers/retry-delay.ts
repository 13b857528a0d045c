export interface RetryDelayOptions {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** What the server asked for, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Longest wait before the first retry, in milliseconds. */
  readonly baseMs?: number;
  /** Longest wait of all. */
  readonly capMs?: number;
  /** A server that asks for more than this is not believed. */
  readonly retryAfterCapMs?: number;
}

/**
 * Milliseconds to wait before retry number `retry` (1 is the first): doubling, between half and the whole of it by
 * chance, so that many waiters do not come back together. A server's own wish is kept up to a cap, and never undercut.
 */
export function retryDelayMs(retry: number, options: RetryDelayOptions): number {
  const { random, retryAfterMs, baseMs = 1_000, capMs = 60_000, retryAfterCapMs = 300_000 } = options;
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(Math.max(retry, 1) - 1, 30));
  const backoffMs = ceiling * (0.5 + 0.5 * random());
  if (retryAfterMs === undefined) return Math.round(backoffMs);
  const wishMs = Math.min(Math.max(retryAfterMs, 0), retryAfterCapMs);
  // A little more than asked for: all who were turned away hold the same number.
  return Math.round(Math.max(wishMs * (1 + 0.1 * random()), Math.min(backoffMs, baseMs)));
}
