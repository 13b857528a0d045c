import type { QueuedCell } from "./cell-queue.js";

/** As many in flight as may be asked one by one after a single death; where there were more, a second death picks them. */
const FEW = 16;

/** Cells that were in flight when endpoints died. Each looks guilty until it was answered, or killed alone. */
export class Suspects {
  private readonly deaths = new Map<number, number>();
  private readonly breaks = new Map<number, number>();
  private readonly alone: QueuedCell[] = [];

  /** Suspects that wait to be asked with nothing beside them. */
  get waiting(): number {
    return this.alone.length;
  }

  take(): QueuedCell | null {
    return this.alone.shift() ?? null;
  }

  /** An endpoint died with this cell in flight among `crowd`. Says how often that has happened now, and whether it must be asked alone. */
  accuse(cell: QueuedCell, crowd: number): { readonly deaths: number; readonly mustBeAlone: boolean } {
    const deaths = (this.deaths.get(cell.position) ?? 0) + 1;
    this.deaths.set(cell.position, deaths);
    return { deaths, mustBeAlone: deaths >= 2 || crowd <= FEW };
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
