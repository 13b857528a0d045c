/** Something that is wrong with an ablation. */
export interface AblationFault {
  /** Null where it is of the whole experiment. */
  readonly arm: string | null;
  /** Relative to the folder of the arm, or to the ablation; with the number of the row where it is of one. */
  readonly place: string;
  /** `<image> of <teacher>`; null where it is of no single row. */
  readonly row: string | null;
  readonly sentence: string;
}

/** Faults kept word by word; a set that is wrong throughout would have one for every row. */
const KEPT = 100;

/** Collects faults. */
export interface AblationFaults {
  add(at: { readonly arm?: string; readonly place: string; readonly row?: string }, words: string): void;
  /** The first ones. */
  readonly first: readonly AblationFault[];
  count(): number;
}

export function collectFaults(): AblationFaults {
  const first: AblationFault[] = [];
  let count = 0;
  return {
    first,
    count: () => count,
    add({ arm = null, place, row = null }, words) {
      count += 1;
      if (first.length >= KEPT) return;
      const where = [arm === null ? null : `arm ${arm}`, place, row].filter((part) => part !== null).join(", ");
      first.push({ arm, place, row, sentence: `${where}: ${words}` });
    },
  };
}
