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
      return picture(name);
    case "strings":
      return list(name, [text("element")]);
    case "images":
      return list(name, picture("element"));
    case "messages":
    case "turns": {
      const parts = list("content", struct("element", [[text("type")], [text("text")]]));
      const thought = kind === "turns" ? [[text("reasoning_content")]] : [];
      return list(name, struct("element", [[text("role")], parts, ...thought]));
    }
  }
}

/** Members in this order: `datasets` takes no other one for a picture. */
function picture(name: string): SchemaElement[] {
  return struct(name, [[{ name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" }], [text("path")]]);
}

function struct(name: string, members: readonly SchemaElement[][]): SchemaElement[] {
  return [{ name, repetition_type: "OPTIONAL", num_children: members.length }, ...members.flat()];
}

function list(name: string, element: readonly SchemaElement[]): SchemaElement[] {
  return [
    { name, repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    ...element,
  ];
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

const STRING = { dtype: "string", _type: "Value" };
const IMAGE = { _type: "Image" };

/** A list is an array of one element, the only form that `datasets` 3, 4 and 5 all read. */
function featureOf(kind: ColumnKind): unknown {
  switch (kind) {
    case "image":
      return IMAGE;
    case "strings":
      return [STRING];
    case "images":
      return [IMAGE];
    case "messages":
      return [{ role: STRING, content: [{ type: STRING, text: STRING }] }];
    case "turns":
      return [{ role: STRING, content: [{ type: STRING, text: STRING }], reasoning_content: STRING }];
    default:
      return { dtype: kind, _type: "Value" };
  }
}
