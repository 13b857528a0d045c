import { brotliDecompressSync, unzipSync } from "node:zlib";
import type { AsyncBuffer, ColumnMetaData, Compressors, RowGroup } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { compressors, decompressZstd } from "hyparquet-compressors";

/** A row group whose wanted columns are larger is refused, packed or unpacked. */
export const MAX_GROUP_BYTES = 512 * 1024 * 1024;
/** The default of the largest writers is a million. */
export const MAX_GROUP_ROWS = 4 * 1024 * 1024;

/**
 * Decompressors that stop at the length the page's header states. The stock gzip, Brotli and Zstandard ones would
 * take whatever memory a hostile page unpacks to.
 */
export const boundedCompressors: Compressors = {
  ...compressors,
  GZIP: (input, length) => unzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
};

/**
 * Looks at the page headers of a row group's columns before anything is unpacked, and throws where they claim more
 * rows or bytes than the group has: the decoder takes memory for what a header claims.
 */
export async function checkPages(file: AsyncBuffer, group: RowGroup): Promise<void> {
  const rows = Number(group.num_rows);
  if (!(rows >= 0 && rows <= MAX_GROUP_ROWS))
    throw new Error(`a row group of ${rows} rows, more than ${MAX_GROUP_ROWS}`);
  let unpacked = 0;
  for (const { meta_data: column } of group.columns) {
    if (column === undefined) throw new Error("a column without metadata");
    const { start, end } = rangeOf(column);
    if (!(start >= 0 && end >= start && end <= file.byteLength)) throw new Error("a column that lies outside the file");
    if (end - start > MAX_GROUP_BYTES) throw tooLarge(end - start);
    unpacked += checkColumn(new DataView(await file.slice(start, end)), rows);
    if (unpacked > MAX_GROUP_BYTES) throw tooLarge(unpacked);
  }
}

/** Returns the unpacked size its pages claim, in bytes. */
function checkColumn(view: DataView, rows: number): number {
  const reader = { view, offset: 0 };
  let values = 0;
  let unpacked = 0;
  while (reader.offset < view.byteLength - 1 && values < rows) {
    const header = parquetHeader(reader);
    const page = header.data_page_header ?? header.data_page_header_v2;
    const sizes = [header.compressed_page_size, header.uncompressed_page_size, page?.num_values ?? 0];
    if (!sizes.every((size) => Number.isInteger(size) && size >= 0)) throw new Error("a page of impossible size");
    reader.offset += header.compressed_page_size;
    unpacked += header.uncompressed_page_size;
    values += page?.num_values ?? 0;
    if (reader.offset > view.byteLength) throw new Error("a page that runs past its column");
    if (unpacked > MAX_GROUP_BYTES) throw tooLarge(unpacked);
  }
  if (values !== rows) throw new Error(`a column of ${values} values in a row group of ${rows} rows`);
  return unpacked;
}

function rangeOf(column: ColumnMetaData): { start: number; end: number } {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  return { start, end: start + Number(column.total_compressed_size) };
}

function tooLarge(bytes: number): Error {
  return new Error(
    `a row group with ${bytes} bytes of pictures or more, and 512 MiB is the most; write it with 100 rows a group`,
  );
}
