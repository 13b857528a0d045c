/** The ids of a stream with the lines they stand on: 32 bytes an id at most, whatever their length. */
export interface IdTable {
  /** Open addressing: three words of hash and the line + 1, 0 where free. */
  entries: Uint32Array;
  size: number;
}

export function createIdTable(): IdTable {
  return { entries: new Uint32Array(1 << 12), size: 0 };
}

/** Enters an id by 96 bits of its hash. Answers the line it stood on before, null where it is new. `line` counts from 0. */
export function enterId(table: IdTable, first: number, second: number, third: number, line: number): number | null {
  if (8 * (table.size + 1) > table.entries.length) grow(table);
  const { entries } = table;
  const place = placeOf(entries, first, second, third);
  const known = entries[place + 3] as number;
  if (known !== 0) return known - 1;
  entries[place] = first;
  entries[place + 1] = second;
  entries[place + 2] = third;
  entries[place + 3] = line + 1;
  table.size += 1;
  return null;
}

function placeOf(entries: Uint32Array, first: number, second: number, third: number): number {
  const mask = entries.length / 4 - 1;
  let slot = first & mask;
  for (;;) {
    const place = 4 * slot;
    const isSame = entries[place] === first && entries[place + 1] === second && entries[place + 2] === third;
    if (entries[place + 3] === 0 || isSame) return place;
    slot = (slot + 1) & mask;
  }
}

function grow(table: IdTable): void {
  const old = table.entries;
  const entries = new Uint32Array(2 * old.length);
  for (let at = 0; at < old.length; at += 4) {
    if (old[at + 3] === 0) continue;
    const entry = old.subarray(at, at + 4);
    entries.set(entry, placeOf(entries, entry[0] as number, entry[1] as number, entry[2] as number));
  }
  table.entries = entries;
}
