/** Chooses one of several wordings of the same fact. */
export type Pick = (...wordings: readonly string[]) => string;

/** Wordings that depend on a seed alone; each step draws for itself, so that one more sentence here changes none there. */
export interface Say {
  step(name: string): Pick;
  /** The same list in a seeded order. */
  order<T>(name: string, list: readonly T[]): T[];
}

/** `seed` is any 32-bit whole number. */
export function createSay(seed: number): Say {
  return {
    step(name) {
      const next = randomOf(seed ^ hashOf(name));
      return (...wordings) => wordings[Math.floor(next() * wordings.length)] ?? "";
    },
    order(name, list) {
      const next = randomOf(seed ^ hashOf(name));
      const ordered = [...list];
      for (let last = ordered.length - 1; last > 0; last--) {
        const other = Math.floor(next() * (last + 1));
        const [one, two] = [ordered[last], ordered[other]];
        if (one === undefined || two === undefined) continue;
        ordered[last] = two;
        ordered[other] = one;
      }
      return ordered;
    },
  };
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Mulberry32 (Tommy Ettinger): numbers from 0 up to but not including 1. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
