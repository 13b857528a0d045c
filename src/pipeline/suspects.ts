import type { QueuedCell } from "./cell-queue.js";

/** As many in flight as may be asked one by one after a single death; where there were more, a second death picks them. */
const FEW = 16;

/** Cells that were in flight when endpoints died. Each looks guilty until it was answered, or killed alone. */
export class Suspects {
  private readonly deaths: Map<number, number>;
  private readonly breaks = new Map<number, number>();
  private readonly alone: QueuedCell[] = [];

  /** `recorded` are deaths of earlier starts, by place in the sample, of cells that have no outcome yet. */
  constructor(private readonly recorded: ReadonlyMap<number, number> = new Map()) {
    this.deaths = new Map(recorded);
  }

  /** Suspects that wait to be asked with nothing beside them. */
  get waiting(): number {
    return this.alone.length;
  }

  take(): QueuedCell | null {
    return this.alone.shift() ?? null;
  }

  /**
   * An endpoint died with this cell in flight among `crowd`. Says how often that has happened now, and whether it must be
   * asked alone. A picture crashes an engine that takes it in: one whose reply had begun is suspected less.
   */
  accuse(
    cell: QueuedCell,
    { crowd, hadOutput }: { readonly crowd: number; readonly hadOutput: boolean },
  ): { readonly deaths: number; readonly mustBeAlone: boolean } {
    const deaths = (this.deaths.get(cell.position) ?? 0) + 1;
    this.deaths.set(cell.position, deaths);
    return { deaths, mustBeAlone: mustBeAlone(deaths, hadOutput ? Number.POSITIVE_INFINITY : crowd) };
  }

  /** Has those of `cells` that earlier starts left under suspicion asked alone; gives the others. */
  setApart(cells: readonly QueuedCell[]): readonly QueuedCell[] {
    const { recorded } = this;
    const isSuspect = ({ position }: QueuedCell) => mustBeAlone(recorded.get(position) ?? 0, recorded.size);
    this.alone.push(...cells.filter(isSuspect));
    return cells.filter((cell) => !isSuspect(cell));
  }

  askAlone(cell: QueuedCell): void {
    this.alone.push(cell);
  }

  /** A break that was neither the endpoint's death nor, so far, held against the cell. Says how many there were in a row. */
  addBreak(cell: QueuedCell): number {
    const breaks = (this.breaks.get(cell.position) ?? 0) + 1;
    this.breaks.set(cell.position, breaks);
    return breaks;
  }

  clear(cell: QueuedCell): void {
    this.deaths.delete(cell.position);
    this.breaks.delete(cell.position);
  }
}

function mustBeAlone(deaths: number, crowd: number): boolean {
  return deaths >= 2 || (deaths === 1 && crowd <= FEW);
}
