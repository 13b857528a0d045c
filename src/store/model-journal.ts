import { createJournal, type Journal } from "./journal.js";
import { type Part, partBase } from "./parts.js";
import type { Cover } from "./writer-state.js";

/** When a journal is full enough to be sealed. */
export interface SealLimits {
  /** Ended attempts. */
  readonly rows: number;
  readonly bytes: number;
  readonly ageMs: number;
}

/** One writer's journals of one model: one is open at a time, made when first needed. */
export interface ModelJournal {
  append(line: Buffer, synced: boolean): Promise<void>;
  /** How far acknowledged records reach. */
  cover(): Cover;
  /** Ends the open journal, once everything in it is on disk, and hands it on to be sealed. */
  rotate(): Promise<void>;
  isDue(): boolean;
}

export function openModelJournal(options: {
  readonly root: string;
  readonly model: string;
  readonly writer: string;
  readonly limits: SealLimits;
  readonly onClosed: (part: Part) => void;
}): ModelJournal {
  const { root, model, writer, limits } = options;
  let number = 1;
  let current: Promise<Journal> | null = null;
  let opened: Journal | null = null;
  let openedAt = 0;
  let rows = 0;
  let closing: Promise<void> = Promise.resolve();

  async function open(): Promise<Journal> {
    // A record of the next journal is acknowledged only after all of this one, so that one number says how far both reach.
    await closing;
    opened = await createJournal(`${partBase(root, model, writer, number)}.jsonl`);
    openedAt = performance.now();
    rows = 0;
    return opened;
  }

  async function end(journal: Promise<Journal>): Promise<void> {
    await (await journal).close();
    const part = { writer, number, base: partBase(root, model, writer, number) };
    opened = null;
    number += 1;
    options.onClosed(part);
  }

  function rotate(): Promise<void> {
    if (current === null) return closing;
    closing = end(current);
    closing.catch(() => undefined);
    current = null;
    return closing;
  }

  return {
    async append(line, synced) {
      for (;;) {
        current ??= open();
        const mine = current;
        const journal = await mine;
        if (mine !== current) continue;
        const done = journal.append(line, synced);
        if (synced) rows += 1;
        if (rows >= limits.rows || journal.bytes >= limits.bytes) void rotate();
        return done;
      }
    },
    cover: () => ({ journal: number, bytes: opened?.syncedBytes ?? 0 }),
    rotate,
    isDue: () => opened !== null && performance.now() - openedAt >= limits.ageMs,
  };
}
