/** Numbers read from a page, and the place behind them. */
export interface ReadNumbers {
  readonly numbers: Uint32Array;
  readonly end: number;
}

/**
 * Reads `count` numbers of `width` bits (0…32) as the Parquet format's hybrid of runs and packed bits. Takes memory for
 * `count` only, whatever the runs claim, and throws where the bytes end first.
 */
export function readRuns(bytes: Uint8Array, start: number, width: number, count: number): ReadNumbers {
  if (width > 32) throw new Error(`numbers of ${width} bits`);
  const numbers = new Uint32Array(count);
  let filled = 0;
  let at = start;
  while (filled < count) {
    const head = readVarint(bytes, at);
    const half = Math.floor(head.value / 2);
    at = head.end;
    if (head.value % 2 === 0) {
      const runEnd = Math.min(count, filled + half);
      numbers.fill(readBits(bytes, at, 0, Math.ceil(width / 8) * 8), filled, runEnd);
      filled = runEnd;
      at += Math.ceil(width / 8);
    } else {
      const packed = Math.min(half * 8, count - filled);
      for (let i = 0; i < packed; i++) numbers[filled + i] = readBits(bytes, at, i * width, width);
      filled += packed;
      at += half * width;
    }
  }
  return { numbers, end: at };
}

/**
 * Reads `count` numbers as DELTA_BINARY_PACKED, the format's coding of lengths. Throws where the bytes end first, or
 * where a number is negative or larger than `most`.
 */
export function readDeltas(bytes: Uint8Array, start: number, count: number, most: number): ReadNumbers {
  const block = readVarint(bytes, start);
  const miniblocks = readVarint(bytes, block.end);
  const stated = readVarint(bytes, miniblocks.end);
  const first = readZigzag(bytes, stated.end);
  const perMiniblock = block.value / miniblocks.value;
  if (!Number.isInteger(perMiniblock) || perMiniblock < 1 || block.value > 65_536) throw new Error("impossible deltas");
  if (stated.value < count) throw new Error(`${stated.value} lengths for ${count} values`);
  const numbers = new Uint32Array(count);
  let value = first.value;
  let filled = 0;
  const put = () => {
    if (!(value >= 0 && value <= most)) throw new Error(`a length of ${value}`);
    numbers[filled++] = value;
  };
  if (count > 0) put();
  let at = first.end;
  // What was written counts, not what is asked for: the last miniblock is padded to its full length.
  let left = stated.value - 1;
  while (left > 0) {
    const least = readZigzag(bytes, at);
    const widths = least.end;
    at = widths + miniblocks.value;
    for (let m = 0; m < miniblocks.value && left > 0; m++) {
      const width = byteAt(bytes, widths + m);
      for (let i = 0; i < Math.min(perMiniblock, left) && filled < count; i++) {
        value += least.value + readBits(bytes, at, i * width, width);
        put();
      }
      left -= perMiniblock;
      at += (perMiniblock * width) / 8;
    }
  }
  return { numbers, end: at };
}

/** An unsigned number of at most five bytes, seven bits each, the lowest first. */
function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = byteAt(bytes, start + i);
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  throw new Error("a number that does not end");
}

function readZigzag(bytes: Uint8Array, start: number): { value: number; end: number } {
  const { value, end } = readVarint(bytes, start);
  return { value: value % 2 === 0 ? value / 2 : -(value + 1) / 2, end };
}

/** `width` bits from bit `from` behind byte `start`, the lowest first. */
function readBits(bytes: Uint8Array, start: number, from: number, width: number): number {
  let value = 0;
  let scale = 1;
  let bit = from;
  for (let left = width; left > 0; ) {
    const within = bit % 8;
    const take = Math.min(8 - within, left);
    value += ((byteAt(bytes, start + Math.floor(bit / 8)) >> within) & ((1 << take) - 1)) * scale;
    scale *= 2 ** take;
    bit += take;
    left -= take;
  }
  return value;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new Error("a page that ends too soon");
  return byte;
}
