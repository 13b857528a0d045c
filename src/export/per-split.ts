/** Something that is written for one split. */
export interface SplitWriter {
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

/** Opens a writer for each split, lets them be filled, and finishes them all, or abandons them where anything failed. */
export async function perSplit<W extends SplitWriter>(
  splits: readonly string[],
  open: (split: string) => Promise<W>,
  fill: (writerOf: (split: string) => W) => Promise<void>,
): Promise<void> {
  const writers = new Map<string, W>();
  try {
    for (const split of splits) writers.set(split, await open(split));
    await fill((split) => {
      const writer = writers.get(split);
      if (writer === undefined) throw new Error(`a row belongs to the split ${split}, which the options do not name`);
      return writer;
    });
    for (const writer of writers.values()) await writer.finish();
  } finally {
    for (const writer of writers.values()) await writer.abandon();
  }
}
