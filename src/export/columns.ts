import type { ExportImage, ExportOptions, ExportPair } from "../records/index.js";
import { composeText } from "./compose-text.js";

export type ColumnKind =
  | "string"
  | "int32"
  | "float64"
  | "bool"
  | "image"
  | "strings"
  | "images"
  | "messages"
  | "turns";
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** A picture as Hugging Face stores it: the file's own bytes and its bare name. */
export interface PixelCell {
  readonly bytes: Uint8Array;
  readonly path: string;
}
/** A chat message of typed parts; `turns` also have the thinking as a field of its own. */
export interface MessageCell {
  readonly role: string;
  readonly content: readonly { readonly type: string; readonly text: string | null }[];
  readonly reasoning_content?: string | null;
}
export type Cell =
  | string
  | number
  | boolean
  | null
  | PixelCell
  | readonly string[]
  | readonly PixelCell[]
  | readonly MessageCell[];
export type Row = Readonly<Record<string, Cell>>;

export const column = (kind: ColumnKind, ...names: readonly string[]): Column[] =>
  names.map((name) => ({ name, kind }));

const IDENTITY_COLUMNS: readonly Column[] = [
  ...column("string", "image_id", "wnid", "file_name", "image_sha256"),
  ...column("int32", "image_width", "image_height"),
];
const SAMPLE_COLUMNS: readonly Column[] = [...column("float64", "weight"), ...column("bool", "review")];
const TOKEN_NAMES = ["thinking_tokens", "answer_tokens", "pair_tokens"] as const;

/** One row a picture. */
export const IMAGE_COLUMNS: readonly Column[] = [...IDENTITY_COLUMNS, ...SAMPLE_COLUMNS];

/** What says of a row which pair it is; the texts stand elsewhere in it. */
export const PAIR_FACT_COLUMNS: readonly Column[] = [
  ...IDENTITY_COLUMNS,
  ...column("string", "teacher"),
  ...column("bool", "observer"),
  ...SAMPLE_COLUMNS,
  ...column("int32", ...TOKEN_NAMES),
];

/** One row a pair; (image_id, teacher) is unique. `text` is there where the thinking was asked for between tags. */
export function pairColumns({ thinking }: Pick<ExportOptions, "thinking">): readonly Column[] {
  return [
    ...IDENTITY_COLUMNS,
    ...column("string", "teacher", "prompt", "thinking", "answer"),
    ...column("bool", "observer"),
    ...SAMPLE_COLUMNS,
    ...column("int32", ...TOKEN_NAMES),
    ...(thinking === "tags" ? column("string", "text") : []),
  ];
}

/** One row a picture, and for each teacher n = 1, 2, … its texts, its mark and its tokens. */
export function wideColumns({ teachers, thinking, withPixels }: ExportOptions): readonly Column[] {
  const perTeacher = teachers.flatMap((_, index) => {
    const n = index + 1;
    return [
      ...column("string", `teacher_${n}`, `thinking_${n}`, `answer_${n}`),
      ...column("bool", `observer_${n}`),
      ...column("int32", ...TOKEN_NAMES.map((name) => `${name}_${n}`)),
      ...(thinking === "tags" ? column("string", `text_${n}`) : []),
    ];
  });
  return [
    ...IDENTITY_COLUMNS,
    ...(withPixels ? column("image", "image") : []),
    ...column("string", "prompt"),
    ...perTeacher,
    ...SAMPLE_COLUMNS,
  ];
}

/** `wnid` holds the class, whatever its name, and null in a flat folder. */
export function imageRow(image: ExportImage): Row {
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

/** Every column that a pair's row can have. */
export function pairRow(pair: ExportPair): Row {
  const { teacher, prompt, thinking, answer, observer } = pair;
  return {
    ...imageRow(pair.image),
    teacher,
    prompt,
    thinking,
    answer,
    observer,
    ...tokenCells(pair),
    text: composeText(pair),
  };
}

/** Every column that a picture's row can have. Throws where a teacher of the options has no pair. */
export function wideRow(
  image: ExportImage,
  pairs: readonly ExportPair[],
  teachers: readonly string[],
  pixels: PixelCell | null,
): Row {
  const row: Record<string, Cell> = { ...imageRow(image), image: pixels, prompt: promptOf(pairs) };
  const byTeacher = new Map(pairs.map((pair) => [pair.teacher, pair]));
  for (const [index, teacher] of teachers.entries()) {
    const pair = byTeacher.get(teacher);
    if (pair === undefined) throw new Error(`${image.id} has no pair of ${teacher}, which a row of all teachers needs`);
    const { thinking, answer, observer } = pair;
    const cells: Row = { teacher, thinking, answer, observer, ...tokenCells(pair), text: composeText(pair) };
    for (const name in cells) row[`${name}_${index + 1}`] = cells[name] ?? null;
  }
  return row;
}

function tokenCells({ tokens: { thinking, answer } }: ExportPair): Row {
  return { thinking_tokens: thinking, answer_tokens: answer, pair_tokens: (thinking ?? 0) + (answer ?? 0) };
}

function promptOf(pairs: readonly ExportPair[]): string | null {
  const prompts = new Set(pairs.map((pair) => pair.prompt));
  if (prompts.size > 1) throw new Error("a wide row holds one prompt, but its pairs were asked with several");
  return pairs[0]?.prompt ?? null;
}
