import type { SampleSpec } from "../records/index.js";
import { capacityOf, type DrawnClass, lackOf } from "./drawn-class.js";
import { shareOut } from "./share-out.js";

/** Classes that lack pictures, first come, first served, and their shares. */
export interface DrawQueue {
  /** A class that lacks a picture; the caller sends one before asking again. Null while nothing can be sent. */
  next(): DrawnClass | null;
  /** Says that verdicts on a class have come in. */
  settled(drawn: DrawnClass): void;
  /** The sum of all shares. */
  wanted(): number;
}

/** `classes` come in the order in which odd pictures are given out. Shares are counted anew only when nothing else is left to do. */
export function openDrawQueue(classes: readonly DrawnClass[], spec: SampleSpec | null): DrawQueue {
  // Pictures of one class mostly lie together, and classes of neighbouring names too.
  const asTheyLie = classes.toSorted((a, b) => a.index - b.index);
  let waiting: DrawnClass[] = [];
  let served = 0;
  let stale = true;
  let wanted = 0;
  const share = (): void => {
    const quotas = quotasOf(classes, spec);
    for (const [place, drawn] of classes.entries()) drawn.quota = quotas[place] ?? 0;
    wanted = quotas.reduce((sum, quota) => sum + quota, 0);
    waiting = asTheyLie.filter((drawn) => lackOf(drawn) > 0);
    served = 0;
    stale = false;
  };
  share();

  return {
    next: () => {
      for (;;) {
        const drawn = waiting[served];
        if (drawn !== undefined && lackOf(drawn) > 0) return drawn;
        if (drawn !== undefined) served++;
        else if (stale) share();
        else return null;
      }
    },
    settled: (drawn) => {
      if (capacityOf(drawn) < drawn.quota) stale = true;
      if (lackOf(drawn) > 0) waiting.push(drawn);
    },
    wanted: () => wanted,
  };
}

function quotasOf(classes: readonly DrawnClass[], spec: SampleSpec | null): readonly number[] {
  const limit = spec?.perClass ?? Number.POSITIVE_INFINITY;
  const capacities = classes.map((drawn) => Math.min(capacityOf(drawn), limit));
  return typeof spec?.size === "number" ? shareOut(spec.size, capacities) : capacities;
}
