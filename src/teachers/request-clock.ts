/** Times of one request, ISO 8601 in UTC, that stay in order when the machine's clock is set meanwhile. */
export interface RequestClock {
  /** Counted on from the start of the request by the monotonic clock. */
  now(): string;
  /** The time as it was seen; null where it lies before the start or after now, when nobody can have seen it. */
  ifWithin(seenAt: string | null): string | null;
}

export function openRequestClock(): RequestClock {
  // In this order, so that a pause between the two makes now later, not earlier than what was seen.
  const began = performance.now();
  const startedAt = Date.now();
  // Rounded up, since the start was rounded down: what was seen meanwhile is never later.
  const nowMs = () => startedAt + Math.ceil(performance.now() - began);
  return {
    now: () => new Date(nowMs()).toISOString(),
    ifWithin(seenAt) {
      const seenMs = seenAt === null ? Number.NaN : Date.parse(seenAt);
      return seenMs >= startedAt && seenMs <= nowMs() ? seenAt : null;
    },
  };
}
