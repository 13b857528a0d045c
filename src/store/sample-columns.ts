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

/** Hands out a column's values. */
type Columns = (name: string) => ArrayLike<unknown>;

const NOTHING_MADE: readonly string[] = [];

/** Images of a stretch of `rows` rows. A quarter of a million come this way, so each is built in one go. */
export function toSampleImages(columns: Columns, rows: number): readonly SampleImage[] {
  const placed = toPlaced(columns, rows);
  const [sha256, bytes, format] = [columns("sha256"), columns("bytes"), columns("format")];
  const [width, height, preparation] = [columns("width"), columns("height"), columns("preparation")];
  const [made, weight, review] = [columns("made"), columns("weight"), columns("review")];
  const [sharpness, contrast] = [columns("sharpness"), columns("contrast")];
  return placed.map(({ id, class: name, fileName, locator }, at) => ({
    id,
    class: name,
    fileName,
    locator,
    sha256: String(sha256[at]),
    bytes: Number(bytes[at]),
    format: format[at] as SampleImage["format"],
    width: Number(width[at]),
    height: Number(height[at]),
    preparation: String(preparation[at]),
    made: typeof made[at] === "string" ? made[at].split(",") : NOTHING_MADE,
    measures: { sharpness: numberOrNull(sharpness[at]), contrast: numberOrNull(contrast[at]) },
    weight: Number(weight[at]),
    review: review[at] === true,
  }));
}

export function toRejectedImages(columns: Columns, rows: number): readonly RejectedImage[] {
  const [reason, detail] = [columns("reason"), columns("detail")];
  return toPlaced(columns, rows).map((placed, at) => ({
    ...placed,
    reason: reason[at] as RejectedImage["reason"],
    detail: String(detail[at]),
  }));
}

function toPlaced(columns: Columns, rows: number): readonly Placed[] {
  const [id, name, fileName] = [columns("id"), columns("class"), columns("file_name")];
  const [source, path] = [columns("source"), columns("path")];
  const [offset, length, row] = [columns("offset"), columns("length"), columns("row")];
  return Array.from({ length: rows }, (_, at) => {
    const locator: Mutable<Locator> = { source: Number(source[at]), path: String(path[at]) };
    if (isThere(offset[at])) locator.offset = Number(offset[at]);
    if (isThere(length[at])) locator.length = Number(length[at]);
    if (isThere(row[at])) locator.row = Number(row[at]);
    const className = name[at];
    return {
      id: String(id[at]),
      class: typeof className === "string" ? className : null,
      // Mostly the same text: kept once.
      fileName: fileName[at] === locator.path ? locator.path : String(fileName[at]),
      locator,
    };
  });
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function numberOrNull(value: unknown): number | null {
  return isThere(value) ? Number(value) : null;
}

function bigOrNull(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}
