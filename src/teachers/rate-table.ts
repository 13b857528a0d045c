interface Entry {
  /** The mean of what was measured; of more than `MOST_COUNTED` windows the newer count more. */
  rate: number;
  /** Windows it is the mean of, at most `MOST_COUNTED`. */
  windows: number;
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

/** Less than this share below the best is as good; where that is not known so exactly yet, more is. */
const NEARLY = 0.01;
const NEARLY_AT_MOST = 0.03;
const MOST_COUNTED = 6;
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
        entries.set(limit, { rate, windows: 1, age: 0 });
        return;
      }
      noise += (Math.min(NOISIEST, Math.abs(rate / entry.rate - 1)) - noise) / 8;
      entry.windows = Math.min(MOST_COUNTED, entry.windows + 1);
      entry.rate += (rate - entry.rate) / entry.windows;
      entry.age = 0;
    },
    grow() {
      for (const [limit, entry] of entries) {
        entry.age += 1;
        if (entry.age > OLDEST_WINDOWS) entries.delete(limit);
      }
    },
    best() {
      const all = [...entries.values()];
      const top = all.reduce<Entry | null>((most, one) => (most === null || one.rate > most.rate ? one : most), null);
      if (top === null) return null;
      // A mean of more windows is known better: what was seen once may be good by chance, and is looked at again.
      const doubt = (entry: Entry) => (noise / 2) * Math.sqrt((1 / entry.windows + 1 / top.windows) / 2);
      const nearly = (entry: Entry) => Math.min(NEARLY_AT_MOST, Math.max(NEARLY, doubt(entry)));
      const isGood = (entry: Entry) => entry.rate >= (1 - nearly(entry)) * top.rate;
      return Math.min(...[...entries].filter(([, entry]) => isGood(entry)).map(([limit]) => limit));
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
