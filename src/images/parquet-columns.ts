import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet";
import { UserError } from "../records/index.js";
import { quoteName } from "./listing-rules.js";

/** Which columns of a Parquet file hold pictures, their paths and their class; each as a path in the schema. */
export interface PictureColumns {
  readonly bytes: readonly string[];
  readonly path: readonly string[] | null;
  readonly label: readonly string[] | null;
}

const LABEL_NAMES = ["wnid", "class"];
const USUAL_NAME = "image";

/**
 * Finds the picture column: a struct with `bytes` (and `path`, as Hugging Face writes it), else a plain binary column;
 * the one called `image` before any other. A string column `wnid` or `class` is the label. Throws a `UserError` that
 * lists the columns where there is no picture.
 */
export function findPictureColumns(file: string, schema: SchemaTree): PictureColumns {
  const inOrder = [...schema.children].sort((a, b) => Number(isUsual(b)) - Number(isUsual(a)));
  const label = LABEL_NAMES.find((name) =>
    schema.children.some((child) => child.element.name === name && isText(child)),
  );
  const labelPath = label === undefined ? null : [label];
  for (const column of inOrder) {
    const bytes = column.children.find((child) => child.element.name === "bytes" && isBinary(child));
    if (bytes === undefined || column.element.repetition_type === "REPEATED") continue;
    const path = column.children.find((child) => child.element.name === "path" && child.element.type === "BYTE_ARRAY");
    return { bytes: bytes.path, path: path?.path ?? null, label: labelPath };
  }
  const binary = inOrder.find(isBinary);
  if (binary === undefined) {
    const names = schema.children.map((child) => quoteName(child.element.name)).slice(0, 20);
    throw new UserError(
      `${quoteName(file)} has no column of pictures among ${names.join(", ")}; it needs one of bytes, or of {bytes, path}`,
    );
  }
  return { bytes: binary.path, path: null, label: labelPath };
}

/** The same file as if it had only these leaves, each at the top or one struct deep, so that nothing else is read. */
export function narrowTo(
  metadata: FileMetaData,
  tree: SchemaTree,
  leaves: readonly (readonly string[])[],
): FileMetaData {
  const wanted = new Set(leaves.map((leaf) => leaf.join("\0")));
  const elements = tree.children.flatMap((column): SchemaElement[] => {
    if (column.children.length === 0) return wanted.has(column.path.join("\0")) ? [column.element] : [];
    const inner = column.children.filter((child) => wanted.has(child.path.join("\0")));
    return inner.length === 0
      ? []
      : [{ ...column.element, num_children: inner.length }, ...inner.map((child) => child.element)];
  });
  const columnCount = new Set(leaves.map((leaf) => leaf[0])).size;
  return {
    ...metadata,
    schema: [{ ...tree.element, num_children: columnCount }, ...elements],
    row_groups: metadata.row_groups.map((group) => ({
      ...group,
      columns: group.columns.filter((chunk) => wanted.has(chunk.meta_data?.path_in_schema.join("\0") ?? "")),
    })),
  };
}

function isUsual(column: SchemaTree): boolean {
  return column.element.name === USUAL_NAME;
}

function isBinary({ element, children }: SchemaTree): boolean {
  const plain = element.converted_type === undefined && element.logical_type === undefined;
  return children.length === 0 && element.type === "BYTE_ARRAY" && plain && element.repetition_type !== "REPEATED";
}

function isText({ element, children }: SchemaTree): boolean {
  const text = element.converted_type === "UTF8" || element.logical_type?.type === "STRING";
  return children.length === 0 && element.type === "BYTE_ARRAY" && text && element.repetition_type !== "REPEATED";
}
