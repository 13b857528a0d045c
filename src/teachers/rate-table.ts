interface Entry {
  rate: number;
  /** Windows since it was last measured. */
  age: number;
}

/** What each limit brought, of late. */
export interface RateTable {
  /** Typical difference of two measurements of one limit, as a share. */
  readonly noise: number;
  at(limit: number): { readonly rate: number } | null;
  note(limit: number, rate: number): void;
  /** One more window has passed. */
  grow(): void;
  /** The smallest limit that does nearly as much as the best. */
  best(): number | null;
  /** What this limit and larger ones brought no longer holds. */
  forgetFrom(limit: number): void;
  clear(): void;
}

/** Less than this share below the best is as good; where measurements are noisy, more is. */
const NEARLY = 0.01;
const NEARLY_AT_MOST = 0.06;
const OLDEST_WINDOWS = 40;

/** Of a table that has seen nothing twice. */
const FIRST_NOISE = 0.02;
/** No difference counts as more noise than this: beyond it the server changed. */
const NOISIEST = 0.1;

export function openRateTable(): RateTable {
  const entries = new Map<number, Entry>();
  let noise = FIRST_NOISE;
  return {
    get noise() {
      return noise;
    },
    at: (limit) => entries.get(limit) ?? null,
    note(limit, rate) {
      const entry = entries.get(limit);
      if (entry === undefined) {
        entries.set(limit, { rate, age: 0 });
        return;
      }
      noise += (Math.min(NOISIEST, Math.abs(rate / entry.rate - 1)) - noise) / 8;
      entry.rate += (rate - entry.rate) / 3;
      entry.age = 0;
    },
    grow() {
      for (const [limit, entry] of entries) {
        entry.age += 1;
        if (entry.age > OLDEST_WINDOWS) entries.delete(limit);
      }
    },
    best() {
      let top = 0;
      for (const { rate } of entries.values()) top = Math.max(top, rate);
      const nearly = Math.min(NEARLY_AT_MOST, Math.max(NEARLY, noise / 2));
      const good = [...entries].filter(([, { rate }]) => rate >= (1 - nearly) * top).map(([limit]) => limit);
      return good.length === 0 ? null : Math.min(...good);
    },
    forgetFrom(limit) {
      for (const known of entries.keys()) if (known >= limit) entries.delete(known);
    },
    clear() {
      entries.clear();
      noise = FIRST_NOISE;
    },
  };
}
