import type { KeyValue, SchemaElement } from "hyparquet";
import type { Column, ColumnKind } from "./columns.js";

/**
 * The Parquet schema of these columns. Every column and every member is OPTIONAL: `datasets` honours a declared
 * feature only where the file's field is nullable, and a REQUIRED picture column would load as a plain dict.
 */
export function parquetSchema(columns: readonly Column[]): SchemaElement[] {
  return [{ name: "schema", num_children: columns.length }, ...columns.flatMap(elementsOf)];
}

/** The `huggingface` key from which `datasets` takes the features. */
export function featureMetadata(columns: readonly Column[]): KeyValue {
  const features = Object.fromEntries(columns.map(({ name, kind }) => [name, featureOf(kind)]));
  return { key: "huggingface", value: JSON.stringify({ info: { features } }) };
}

function elementsOf({ name, kind }: Column): SchemaElement[] {
  switch (kind) {
    case "string":
      return [text(name)];
    case "int32":
      return [{ name, type: "INT32", repetition_type: "OPTIONAL" }];
    case "float64":
      return [{ name, type: "DOUBLE", repetition_type: "OPTIONAL" }];
    case "bool":
      return [{ name, type: "BOOLEAN", repetition_type: "OPTIONAL" }];
    case "image":
      return [
        { name, repetition_type: "OPTIONAL", num_children: 2 },
        { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        text("path"),
      ];
  }
}

function text(name: string): SchemaElement {
  return {
    name,
    type: "BYTE_ARRAY",
    converted_type: "UTF8",
    logical_type: { type: "STRING" },
    repetition_type: "OPTIONAL",
  };
}

function featureOf(kind: ColumnKind): Readonly<Record<string, string>> {
  return kind === "image" ? { _type: "Image" } : { dtype: kind, _type: "Value" };
}
