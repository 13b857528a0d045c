import type { ExportPair, SampleImage } from "../records/index.js";

export type ColumnKind = "string" | "int32" | "float64" | "bool" | "image";
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** A picture as Hugging Face stores it: the file's own bytes and its bare name. */
export interface PixelCell {
  readonly bytes: Uint8Array;
  readonly path: string;
}
export type Cell = string | number | boolean | null | PixelCell;
export type Row = Readonly<Record<string, Cell>>;

const column = (kind: ColumnKind, ...names: readonly string[]): Column[] => names.map((name) => ({ name, kind }));

const IDENTITY_COLUMNS: readonly Column[] = [
  ...column("string", "image_id", "wnid", "file_name", "image_sha256"),
  ...column("int32", "image_width", "image_height"),
];
const SAMPLE_COLUMNS: readonly Column[] = [...column("float64", "weight"), ...column("bool", "review")];

/** One row a picture. */
export const IMAGE_COLUMNS: readonly Column[] = [...IDENTITY_COLUMNS, ...SAMPLE_COLUMNS];

/** One row a pair; (image_id, teacher) is unique. */
export const PAIR_COLUMNS: readonly Column[] = [
  ...IDENTITY_COLUMNS,
  ...column("string", "teacher", "prompt", "thinking", "answer"),
  ...column("bool", "observer"),
  ...SAMPLE_COLUMNS,
];

/** One row a picture with its bytes, and three texts and a mark for each teacher n = 1, 2, … */
export function wideColumns(teachers: readonly string[]): readonly Column[] {
  const perTeacher = teachers.flatMap((_, index) => [
    ...column("string", `teacher_${index + 1}`, `thinking_${index + 1}`, `answer_${index + 1}`),
    ...column("bool", `observer_${index + 1}`),
  ]);
  return [
    ...IDENTITY_COLUMNS,
    ...column("image", "image"),
    ...column("string", "prompt"),
    ...perTeacher,
    ...SAMPLE_COLUMNS,
  ];
}

/** `wnid` holds the class, whatever its name, and null in a flat folder. */
export function imageRow(image: SampleImage): Row {
  return {
    image_id: image.id,
    wnid: image.class,
    file_name: image.fileName,
    image_sha256: image.sha256,
    image_width: image.width,
    image_height: image.height,
    weight: image.weight,
    review: image.review,
  };
}

export function pairRow(pair: ExportPair): Row {
  const { teacher, prompt, thinking, answer, observer } = pair;
  const { weight, review, ...identity } = imageRow(pair.image);
  return { ...identity, teacher, prompt, thinking, answer, observer, weight: weight ?? null, review: review ?? null };
}

/** A teacher without an answered pair for this picture leaves its columns null. */
export function wideRow(
  image: SampleImage,
  pairs: readonly ExportPair[],
  teachers: readonly string[],
  pixels: PixelCell,
): Row {
  const row: Record<string, Cell> = { ...imageRow(image), image: pixels, prompt: promptOf(pairs) };
  const byTeacher = new Map(pairs.map((pair) => [pair.teacher, pair]));
  for (const [index, teacher] of teachers.entries()) {
    const pair = byTeacher.get(teacher);
    row[`teacher_${index + 1}`] = pair?.teacher ?? null;
    row[`thinking_${index + 1}`] = pair?.thinking ?? null;
    row[`answer_${index + 1}`] = pair?.answer ?? null;
    row[`observer_${index + 1}`] = pair?.observer ?? null;
  }
  return row;
}

function promptOf(pairs: readonly ExportPair[]): string | null {
  const prompts = new Set(pairs.map((pair) => pair.prompt));
  if (prompts.size > 1) throw new Error("a wide row holds one prompt, but its pairs were asked with several");
  return pairs[0]?.prompt ?? null;
}
