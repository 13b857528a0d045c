const WIDTH = 256;
const HEIGHT = 257;
/** The tags that say where strips and tiles lie, each with the one that says how long they are. */
const DATA = [
  [273, 279],
  [324, 325],
] as const;
/** Bytes of the whole-number types; the others are not needed here. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };
const MAX_ENTRIES = 4096;

/** A directory entry of whole numbers, wherever in the file they lie. */
interface Entry {
  readonly size: number;
  readonly count: number;
  readonly place: number;
}

/**
 * Sizes of a TIFF's or BigTIFF's first page, and whether everything its directory points to lies inside the file.
 * Later pages are not looked at. Throws a `RangeError` where the directory itself lies outside.
 */
export function readTiff(bytes: Buffer): {
  width?: number | null;
  height?: number | null;
  end: "cut" | "broken" | "open";
} {
  const number = numberReader(bytes);
  const big = number(2, 2) === 43;
  const word = big ? 8 : 4;
  const directory = number(big ? 8 : 4, word);
  const count = number(directory, big ? 8 : 2);
  if (count === 0 || count > MAX_ENTRIES) return { end: "broken" };
  const first = directory + (big ? 8 : 2);
  const entries = readEntries(number, first, count, word);

  const value = (entry: Entry | undefined, index: number) =>
    entry === undefined || index >= entry.count ? null : number(entry.place + index * entry.size, entry.size);
  const reaches = [...entries.values()].map(({ size, count, place }) => place + size * count);
  // The directory ends with the place of the next one.
  reaches.push(first + count * (word * 2 + 4) + word);
  if (reaches.some((reach) => reach > bytes.length)) return { end: "cut" };
  const size = { width: value(entries.get(WIDTH), 0), height: value(entries.get(HEIGHT), 0) };
  for (const [offsets, lengths] of DATA) {
    const parts = entries.get(offsets);
    for (let index = 0; index < (parts?.count ?? 0); index++) {
      const reach = (value(parts, index) ?? 0) + (value(entries.get(lengths), index) ?? 0);
      if (reach > bytes.length) return { ...size, end: "cut" };
    }
  }
  return { ...size, end: "open" };
}

function readEntries(number: NumberReader, first: number, count: number, word: number): Map<number, Entry> {
  const entries = new Map<number, Entry>();
  for (let index = 0; index < count; index++) {
    const start = first + index * (word * 2 + 4);
    const size = TYPE_BYTES[number(start + 2, 2)];
    if (size === undefined) continue;
    const values = number(start + 4, word);
    const inline = start + 4 + word;
    const place = size * values <= word ? inline : number(inline, word);
    entries.set(number(start, 2), { size, count: values, place });
  }
  return entries;
}

/** Reads an unsigned number of 1, 2, 4 or 8 bytes in the file's byte order. */
type NumberReader = (place: number, size: number) => number;

function numberReader(bytes: Buffer): NumberReader {
  const little = bytes[0] === 0x49;
  return (place, size) => {
    if (size === 8) return Number(little ? bytes.readBigUInt64LE(place) : bytes.readBigUInt64BE(place));
    return little ? bytes.readUIntLE(place, size) : bytes.readUIntBE(place, size);
  };
}
