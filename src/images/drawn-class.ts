import type { ImageFacts, RejectionReason } from "../records/index.js";

/** A class while it is drawn from. `rank` is a place in its seeded order, `position` one in the order of its ids. */
export interface DrawnClass {
  /** Its place in the catalog. */
  readonly index: number;
  readonly count: number;
  /** Positions in seeded order, made when the class is first asked. */
  order: Uint32Array | null;
  /** The rank that goes to the gate next. */
  next: number;
  /** Pictures at the gate. */
  asking: number;
  /** Pictures it is to give. */
  quota: number;
  readonly taken: { readonly rank: number; readonly position: number; readonly facts: ImageFacts }[];
  readonly turnedAway: {
    readonly rank: number;
    readonly position: number;
    readonly reason: RejectionReason;
    readonly detail: string;
  }[];
}

export function startClass(index: number, count: number): DrawnClass {
  return { index, count, order: null, next: 0, asking: 0, quota: 0, taken: [], turnedAway: [] };
}

/** What the class can still have given at the end: never rises, and is true once all its pictures are gated. */
export function capacityOf(drawn: DrawnClass): number {
  return drawn.count - drawn.turnedAway.length;
}

/** Pictures that must go to the gate now, whatever it says of those already there. */
export function lackOf(drawn: DrawnClass): number {
  return Math.min(drawn.quota - drawn.taken.length - drawn.asking, drawn.count - drawn.next);
}
