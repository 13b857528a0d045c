import type { SchemaTree } from "hyparquet";
import { UserError } from "../records/index.js";
import { quoteName } from "./listing-rules.js";

/** A column of byte arrays, at the top of the schema or one struct deep. */
export interface Leaf {
  readonly path: readonly string[];
  /** How many of its steps may be null: a value is there at this definition level. */
  readonly maxDefinition: number;
}

/** Which columns hold the pictures, their paths and their class. */
export interface PictureColumns {
  readonly bytes: Leaf;
  readonly path: Leaf | null;
  readonly label: Leaf | null;
}

const LABEL_NAMES = ["wnid", "class"];
const USUAL_NAME = "image";

/**
 * Finds the picture column: a struct with `bytes` (and `path`, as Hugging Face writes it), else a plain binary column;
 * the one called `image` before any other. A string column `wnid` or `class` is the label. Throws a `UserError` that
 * lists the columns where there is no picture.
 */
export function findPictureColumns(file: string, schema: SchemaTree): PictureColumns {
  const columns = schema.children.filter((column) => column.element.repetition_type !== "REPEATED");
  const usualFirst = columns.sort((a, b) => Number(isUsual(b)) - Number(isUsual(a)));
  const labels = LABEL_NAMES.flatMap((name) =>
    columns.filter((column) => column.element.name === name && isText(column)),
  );
  const label = labels[0] === undefined ? null : leafOf([labels[0]]);
  for (const column of usualFirst) {
    const bytes = column.children.find((child) => child.element.name === "bytes" && isBinary(child));
    if (bytes === undefined) continue;
    const path = column.children.find((child) => child.element.name === "path" && (isText(child) || isBinary(child)));
    return { bytes: leafOf([column, bytes]), path: path === undefined ? null : leafOf([column, path]), label };
  }
  const binary = usualFirst.find(isBinary);
  if (binary !== undefined) return { bytes: leafOf([binary]), path: null, label };
  const names = schema.children.slice(0, 20).map((child) => quoteName(child.element.name));
  throw new UserError(
    `${quoteName(file)} has no column of pictures among ${names.join(", ")}; it needs one of bytes, or of {bytes, path}`,
  );
}

function leafOf(steps: readonly SchemaTree[]): Leaf {
  return {
    path: steps.map(({ element }) => element.name),
    maxDefinition: steps.filter(({ element }) => element.repetition_type !== "REQUIRED").length,
  };
}

function isUsual(column: SchemaTree): boolean {
  return column.element.name === USUAL_NAME;
}

function isBinary(column: SchemaTree): boolean {
  const { converted_type, logical_type } = column.element;
  return isByteArray(column) && converted_type === undefined && logical_type === undefined;
}

function isText(column: SchemaTree): boolean {
  const { converted_type, logical_type } = column.element;
  return isByteArray(column) && (converted_type === "UTF8" || logical_type?.type === "STRING");
}

function isByteArray({ element, children }: SchemaTree): boolean {
  return children.length === 0 && element.type === "BYTE_ARRAY" && element.repetition_type !== "REPEATED";
}
