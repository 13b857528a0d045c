import { brotliDecompressSync, unzipSync } from "node:zlib";
import type { ColumnMetaData, Compressors, Encoding } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { compressors, decompressZstd } from "hyparquet-compressors";
import { readDeltas, readRuns } from "./parquet-runs.js";

/** What one column of a row group may take, packed or unpacked. */
export const MAX_COLUMN_BYTES = 512 * 1024 * 1024;

/** The stock gzip, Brotli and Zstandard decompressors take whatever memory a page unpacks to; these stop at its header's word. */
const BOUNDED: Compressors = {
  ...compressors,
  GZIP: (input, length) => unzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
};

/**
 * Reads one column chunk of byte arrays that is not repeated; null where a value is. The values are views into the
 * chunk or its unpacked pages. Headers and decompression are the library's; levels and values are read here, because
 * the library's reader follows a run of any length a hostile page claims. Throws on anything that is not well formed.
 */
export function readByteArrays(
  chunk: Uint8Array,
  { codec }: Pick<ColumnMetaData, "codec">,
  { rows, maxDefinition }: { readonly rows: number; readonly maxDefinition: number },
): readonly (Uint8Array | null)[] {
  const reader = { view: new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength), offset: 0 };
  const values: (Uint8Array | null)[] = [];
  let dictionary: readonly Uint8Array[] | null = null;
  let unpacked = 0;
  const levelWidth = 32 - Math.clz32(maxDefinition);
  const append = (count: number, levels: Uint32Array | null, body: Uint8Array, encoding: Encoding) => {
    const present = levels === null ? count : levels.reduce((sum, level) => sum + Number(level === maxDefinition), 0);
    const found = readValues(body, encoding, present, dictionary);
    let next = 0;
    for (let i = 0; i < count; i++) {
      values.push(levels === null || levels[i] === maxDefinition ? (found[next++] ?? null) : null);
    }
  };
  while (values.length < rows) {
    if (reader.offset >= chunk.length) throw new Error(`a column of ${values.length} values in ${rows} rows`);
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: size } = header;
    if (!(packed >= 0 && packed <= chunk.length - reader.offset && size >= 0))
      throw new Error("a page of impossible size");
    unpacked += size;
    if (unpacked > MAX_COLUMN_BYTES) throw tooLarge(unpacked);
    const page = chunk.subarray(reader.offset, reader.offset + packed);
    reader.offset += packed;
    if (header.dictionary_page_header !== undefined) {
      dictionary = readPlain(decompressPage(page, size, codec, BOUNDED), header.dictionary_page_header.num_values);
    } else if (header.data_page_header !== undefined) {
      const { num_values, encoding } = header.data_page_header;
      const count = checkCount(num_values, rows - values.length);
      const body = decompressPage(page, size, codec, BOUNDED);
      const levelsEnd = maxDefinition === 0 ? 0 : 4 + lengthAt(body, 0);
      const levels = maxDefinition === 0 ? null : readRuns(body.subarray(0, levelsEnd), 4, levelWidth, count).numbers;
      append(count, levels, body.subarray(levelsEnd), encoding);
    } else if (header.data_page_header_v2 !== undefined) {
      const { num_values, encoding, is_compressed, ...v2 } = header.data_page_header_v2;
      const count = checkCount(num_values, rows - values.length);
      const levelsStart = v2.repetition_levels_byte_length;
      const levelsEnd = levelsStart + v2.definition_levels_byte_length;
      if (!(levelsStart >= 0 && levelsEnd >= levelsStart && levelsEnd <= size))
        throw new Error("levels of impossible size");
      const levels =
        maxDefinition === 0 ? null : readRuns(page.subarray(0, levelsEnd), levelsStart, levelWidth, count).numbers;
      const rest = page.subarray(levelsEnd);
      const body = is_compressed === false ? rest : decompressPage(rest, size - levelsEnd, codec, BOUNDED);
      append(count, levels, body, encoding);
    }
  }
  return values;
}

function readValues(
  body: Uint8Array,
  encoding: Encoding,
  count: number,
  dictionary: readonly Uint8Array[] | null,
): readonly Uint8Array[] {
  if (count === 0) return [];
  switch (encoding) {
    case "PLAIN":
      return readPlain(body, count);
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY": {
      const { numbers } = readRuns(body, 1, body[0] ?? 0, count);
      return Array.from(numbers, (index) => {
        const value = dictionary?.[index];
        if (value === undefined) throw new Error(`no entry ${index} in its dictionary`);
        return value;
      });
    }
    case "DELTA_LENGTH_BYTE_ARRAY": {
      const lengths = readDeltas(body, 0, count, body.length);
      return cutInto(body, lengths.end, lengths.numbers);
    }
    case "DELTA_BYTE_ARRAY": {
      const kept = readDeltas(body, 0, count, MAX_COLUMN_BYTES);
      const lengths = readDeltas(body, kept.end, count, body.length);
      return joinFronts(kept.numbers, cutInto(body, lengths.end, lengths.numbers));
    }
    default:
      throw new Error(`unsupported encoding ${encoding}`);
  }
}

/** Each value behind its length, four bytes. */
function readPlain(body: Uint8Array, count: number): readonly Uint8Array[] {
  const values: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = at + 4 + lengthAt(body, at);
    values.push(body.subarray(at + 4, end));
    at = end;
  }
  return values;
}

function cutInto(body: Uint8Array, start: number, lengths: Uint32Array): readonly Uint8Array[] {
  let at = start;
  return Array.from(lengths, (length) => {
    if (at + length > body.length) throw new Error("a value that runs past its page");
    at += length;
    return body.subarray(at - length, at);
  });
}

/** Puts before each rest as many bytes of the value before it as were kept. */
function joinFronts(kept: Uint32Array, rests: readonly Uint8Array[]): readonly Uint8Array[] {
  let before: Uint8Array = new Uint8Array(0);
  let taken = 0;
  return rests.map((rest, i) => {
    const front = before.subarray(0, kept[i]);
    if (front.length !== kept[i]) throw new Error("a value that keeps more than there was");
    taken += front.length + rest.length;
    if (taken > MAX_COLUMN_BYTES) throw tooLarge(taken);
    before = Buffer.concat([front, rest]);
    return before;
  });
}

/** A length of four bytes and the assurance that what it measures is there. */
function lengthAt(body: Uint8Array, at: number): number {
  if (at + 4 > body.length) throw new Error("a page that ends too soon");
  const length = new DataView(body.buffer, body.byteOffset + at, 4).getUint32(0, true);
  if (at + 4 + length > body.length) throw new Error("a value that runs past its page");
  return length;
}

function checkCount(count: number, most: number): number {
  if (!(count >= 0 && count <= most)) throw new Error(`a page of ${count} values where ${most} rows are left`);
  return count;
}

export function tooLarge(bytes: number): Error {
  return new Error(
    `a row group with a column of ${bytes} bytes, and 512 MiB is the most; write it with 100 rows a group`,
  );
}
