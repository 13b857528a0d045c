/** Times of one request, ISO 8601 in UTC, that stay in order when the machine's clock is set back meanwhile. */
export interface RequestClock {
  /** Counted on from the start of the request by the monotonic clock. */
  now(): string;
  /** The time as it was seen; null where it lies before the start, which nobody can have seen. */
  notBeforeStart(seenAt: string | null): string | null;
}

export function openRequestClock(): RequestClock {
  const startedAt = Date.now();
  const began = performance.now();
  return {
    // Rounded up, since the start was rounded down: what was seen meanwhile is never later.
    now: () => new Date(startedAt + Math.ceil(performance.now() - began)).toISOString(),
    notBeforeStart: (seenAt) => (seenAt === null || Date.parse(seenAt) < startedAt ? null : seenAt),
  };
}
