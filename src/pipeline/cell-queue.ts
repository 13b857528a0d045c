/** A missing cell of one model: an image's place in the sample, and which `--again` round asks it. */
export interface QueuedCell {
  readonly position: number;
  readonly round: number;
  /** Its request before this one found the server's queue full. */
  readonly wasRefused?: boolean;
}

/** The live queue of one model's missing cells: first the sample in order, with retries coming back in when their time has come. */
export class CellQueue {
  private cursor = 0;
  private readonly waiting: { readonly cell: QueuedCell; readonly readyAt: number }[] = [];

  constructor(private readonly cells: readonly QueuedCell[]) {}

  get length(): number {
    return this.cells.length - this.cursor + this.waiting.length;
  }

  /** The next cell that may be asked at `now` (ms), a retry that is due before a fresh one; null where none is ready. */
  take(now: number): QueuedCell | null {
    const due = this.waiting.findIndex((entry) => entry.readyAt <= now);
    if (due >= 0) return this.waiting.splice(due, 1)[0]?.cell ?? null;
    return this.cells[this.cursor++] ?? this.exhausted();
  }

  /** The fresh cell that comes so many after the next one; null where fewer are left. */
  ahead(places: number): QueuedCell | null {
    return this.cells[this.cursor + places] ?? null;
  }

  /** Puts a cell back; it holds no slot while it waits. */
  putBack(cell: QueuedCell, readyAt: number): void {
    this.waiting.push({ cell, readyAt });
  }

  /** When the next cell can be taken (ms): 0 where one can be now, Infinity where none is left. */
  readyAt(): number {
    if (this.cursor < this.cells.length) return 0;
    return this.waiting.reduce((soonest, entry) => Math.min(soonest, entry.readyAt), Number.POSITIVE_INFINITY);
  }

  private exhausted(): null {
    this.cursor = this.cells.length;
    return null;
  }
}
