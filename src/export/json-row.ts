import type { Cell, Column, ColumnKind, Row } from "./columns.js";

/** What stands for null where a reader cannot bear one. */
const EMPTY: Readonly<Partial<Record<ColumnKind, string>>> = {
  string: '""',
  int32: "0",
  float64: "0.0",
  bool: "false",
};

/**
 * A row as one JSON object, keys in the order of the columns. A number of a `float64` column always has a point, because
 * readers infer the type from the first rows and then cut later numbers down to it in silence. With `nulls: "filled"`
 * every value is of its column's type, since some readers take a column of nulls for nothing but nulls.
 */
export function jsonOfRow(row: Row, columns: readonly Column[], nulls: "kept" | "filled" = "kept"): string {
  return `{${columns.map((column) => `${JSON.stringify(column.name)}:${jsonOfCell(row[column.name] ?? null, column.kind, nulls)}`).join(",")}}`;
}

function jsonOfCell(cell: Cell, kind: ColumnKind, nulls: "kept" | "filled"): string {
  if (cell === null) return nulls === "filled" ? (EMPTY[kind] ?? "null") : "null";
  if (kind === "float64" && Number.isInteger(cell)) return `${String(cell)}.0`;
  return oneLineJson(cell);
}

/** Line ends that only some readers know (U+0085, U+2028, U+2029) are escaped, so that no reader cuts a line in two. */
export function oneLineJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u0085\u2028\u2029]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
