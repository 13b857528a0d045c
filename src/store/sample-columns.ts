import type { Locator, RejectedImage, SampleImage } from "../records/index.js";

type ParquetType = "STRING" | "INT32" | "INT64" | "DOUBLE" | "BOOLEAN";
type Value = string | number | bigint | boolean | null;

/** How one value of a record lies in a column. */
export interface Column<T> {
  readonly name: string;
  readonly type: ParquetType;
  readonly nullable: boolean;
  readonly value: (record: T) => Value;
}

type Placed = Pick<SampleImage, "id" | "class" | "fileName" | "locator">;

const PLACE_COLUMNS: readonly Column<Placed>[] = [
  { name: "id", type: "STRING", nullable: false, value: ({ id }) => id },
  { name: "class", type: "STRING", nullable: true, value: (image) => image.class },
  { name: "file_name", type: "STRING", nullable: false, value: ({ fileName }) => fileName },
  { name: "source", type: "INT32", nullable: false, value: ({ locator }) => locator.source },
  { name: "path", type: "STRING", nullable: false, value: ({ locator }) => locator.path },
  { name: "offset", type: "INT64", nullable: true, value: ({ locator }) => bigOrNull(locator.offset) },
  { name: "length", type: "INT64", nullable: true, value: ({ locator }) => bigOrNull(locator.length) },
  { name: "row", type: "INT64", nullable: true, value: ({ locator }) => bigOrNull(locator.row) },
];

/** The columns of `images.parquet`. */
export const SAMPLE_COLUMNS: readonly Column<SampleImage>[] = [
  ...PLACE_COLUMNS,
  { name: "sha256", type: "STRING", nullable: false, value: ({ sha256 }) => sha256 },
  { name: "checksum", type: "STRING", nullable: true, value: ({ checksum }) => checksum ?? null },
  { name: "bytes", type: "INT64", nullable: false, value: ({ bytes }) => BigInt(bytes) },
  { name: "format", type: "STRING", nullable: false, value: ({ format }) => format },
  { name: "width", type: "INT32", nullable: false, value: ({ width }) => width },
  { name: "height", type: "INT32", nullable: false, value: ({ height }) => height },
  { name: "preparation", type: "STRING", nullable: false, value: ({ preparation }) => preparation },
  // Joined, because every tool reads a text the same; null where nothing was done.
  { name: "made", type: "STRING", nullable: true, value: ({ made }) => (made.length === 0 ? null : made.join(",")) },
  { name: "sharpness", type: "DOUBLE", nullable: true, value: ({ measures }) => measures.sharpness },
  { name: "contrast", type: "DOUBLE", nullable: true, value: ({ measures }) => measures.contrast },
  { name: "weight", type: "DOUBLE", nullable: false, value: ({ weight }) => weight },
  { name: "review", type: "BOOLEAN", nullable: false, value: ({ review }) => review },
];

/** The columns of `rejected.parquet`. */
export const REJECTED_COLUMNS: readonly Column<RejectedImage>[] = [
  ...PLACE_COLUMNS,
  { name: "reason", type: "STRING", nullable: false, value: ({ reason }) => reason },
  { name: "detail", type: "STRING", nullable: false, value: ({ detail }) => detail },
];

/** Hands out the values of a column. */
export type Columns = (name: string) => ArrayLike<unknown>;

const NOTHING_MADE: readonly string[] = [];

/** Gives the image of a row. A quarter of a million may come this way, so each is built in one go. */
export function sampleImageAt(columns: Columns): (row: number) => SampleImage {
  const placeAt = placedAt(columns);
  const [sha256, checksum] = [columns("sha256"), columns("checksum")];
  const [bytes, format] = [columns("bytes"), columns("format")];
  const [width, height, preparation] = [columns("width"), columns("height"), columns("preparation")];
  const [made, weight, review] = [columns("made"), columns("weight"), columns("review")];
  const [sharpness, contrast] = [columns("sharpness"), columns("contrast")];
  return (row) => {
    const { id, class: name, fileName, locator } = placeAt(row);
    const madeOf = made[row];
    return {
      id,
      class: name,
      fileName,
      locator,
      sha256: String(sha256[row]),
      checksum: textOrNull(checksum[row]),
      bytes: Number(bytes[row]),
      format: format[row] as SampleImage["format"],
      width: Number(width[row]),
      height: Number(height[row]),
      preparation: String(preparation[row]),
      made: typeof madeOf === "string" ? madeOf.split(",") : NOTHING_MADE,
      measures: { sharpness: numberOrNull(sharpness[row]), contrast: numberOrNull(contrast[row]) },
      weight: Number(weight[row]),
      review: review[row] === true,
    };
  };
}

export function rejectedImageAt(columns: Columns): (row: number) => RejectedImage {
  const placeAt = placedAt(columns);
  const [reason, detail] = [columns("reason"), columns("detail")];
  return (row) => ({
    ...placeAt(row),
    reason: reason[row] as RejectedImage["reason"],
    detail: String(detail[row]),
  });
}

function placedAt(columns: Columns): (row: number) => Placed {
  const [id, name, fileName] = [columns("id"), columns("class"), columns("file_name")];
  const [source, path] = [columns("source"), columns("path")];
  const [offset, length, number] = [columns("offset"), columns("length"), columns("row")];
  return (row) => {
    const locator: Mutable<Locator> = { source: Number(source[row]), path: String(path[row]) };
    if (isThere(offset[row])) locator.offset = Number(offset[row]);
    if (isThere(length[row])) locator.length = Number(length[row]);
    if (isThere(number[row])) locator.row = Number(number[row]);
    const className = name[row];
    return {
      id: String(id[row]),
      class: textOrNull(className),
      // Mostly the same text: kept once.
      fileName: fileName[row] === locator.path ? locator.path : String(fileName[row]),
      locator,
    };
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOrNull(value: unknown): number | null {
  return isThere(value) ? Number(value) : null;
}

function bigOrNull(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}
