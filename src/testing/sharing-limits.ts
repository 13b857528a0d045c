import type { SimulatedLimit } from "./simulated-server.js";

interface SharingLimit extends SimulatedLimit {
  share(sharing: { readonly clients: number; readonly leaderLimit: number | null; readonly lagMs: number }): void;
}

export interface SharingTimes {
  /** Between two times at which each client tells its limit. */
  readonly beatMs: number;
  /** Between two times at which each looks at what the others told last. */
  readonly lookMs: number;
}

/**
 * Limits of one simulated server whose clients work on one run, which know of each other what each told last. A client
 * whose limit is 0 is not there yet. `now` is the simulation's clock.
 */
export function sharingLimits(
  limits: readonly SharingLimit[],
  now: () => number,
  { beatMs, lookMs }: SharingTimes,
): readonly SimulatedLimit[] {
  const told = limits.map(() => ({ beat: -1, limit: 0 }));

  function tell(): void {
    for (const [at, { limit }] of limits.entries()) {
      // Started at different times, they tell at different times.
      const beat = Math.floor(now() / beatMs + at / limits.length);
      if (told[at]?.beat !== beat) told[at] = { beat, limit };
    }
  }

  function look(own: SharingLimit): void {
    const here = limits.flatMap((limit, at) => {
      const known = told[at]?.limit ?? 0;
      return limit === own || known > 0 ? [{ limit, known }] : [];
    });
    const [leader] = here;
    if (leader === undefined || own.limit === 0) return;
    const leaderLimit = leader.limit === own ? null : leader.known;
    own.share({ clients: here.length, leaderLimit, lagMs: beatMs + lookMs });
  }

  return limits.map((own) => {
    let lookedAt = 0;
    return {
      get limit() {
        tell();
        if (now() - lookedAt >= lookMs) {
          lookedAt = now();
          look(own);
        }
        return own.limit;
      },
      begin: () => own.begin(),
      observe: (load) => own.observe(load),
    };
  });
}
