import type { ExportImage, ExportPair, ExportRow } from "../records/index.js";

/** A row as a reader of the format finds it. */
export type FoundRow = Readonly<Record<string, unknown>>;

/** The image of a row. Values that stand for null where a format cannot hold one are null again. */
export function imageOfRow(row: FoundRow): ExportImage {
  return {
    id: textOf(row, "image_id") ?? "",
    class: textOf(row, "wnid"),
    fileName: textOf(row, "file_name") ?? "",
    sha256: textOf(row, "image_sha256"),
    width: sizeOf(row, "image_width"),
    height: sizeOf(row, "image_height"),
    weight: Number(row.weight),
    review: row.review === true,
  };
}

/** The pair of a row with one of them; `suffix` picks a teacher's columns in a wide one. */
export function pairOfRow(
  row: FoundRow,
  image: ExportImage,
  parts: Pick<ExportPair, "prompt" | "thinking" | "answer">,
  suffix = "",
): ExportPair {
  const tokens = (part: "thinking" | "answer") =>
    parts[part] === null ? null : Number(row[`${part}_tokens${suffix}`] ?? 0);
  return {
    image,
    teacher: textOf(row, `teacher${suffix}`) ?? "",
    ...parts,
    observer: row[`observer${suffix}`] === true,
    tokens: { thinking: tokens("thinking"), answer: tokens("answer") },
  };
}

/** The pairs of a wide row, in the order of the teachers. */
export function pairsOfWideRow(row: FoundRow, image: ExportImage, teachers: readonly string[]): ExportPair[] {
  return teachers.map((_, index) => {
    const suffix = `_${index + 1}`;
    const parts = { prompt: textOf(row, "prompt") ?? "", ...twoParts(row, suffix) };
    return pairOfRow(row, image, parts, suffix);
  });
}

/** Prompt, thinking and answer where each has a column. */
export function partsOfRow(row: FoundRow): Pick<ExportPair, "prompt" | "thinking" | "answer"> {
  return { prompt: textOf(row, "prompt") ?? "", ...twoParts(row, "") };
}

/** Puts pairs that follow each other and show the same picture into one row. */
export async function* gatherByImage(pairs: AsyncIterable<ExportPair>, split: string): AsyncGenerator<ExportRow> {
  let gathered: ExportPair[] = [];
  for await (const pair of pairs) {
    const first = gathered[0];
    if (first !== undefined && first.image.id !== pair.image.id) {
      yield { image: first.image, split, pairs: gathered };
      gathered = [];
    }
    gathered.push(pair);
  }
  const last = gathered[0];
  if (last !== undefined) yield { image: last.image, split, pairs: gathered };
}

function twoParts(row: FoundRow, suffix: string): Pick<ExportPair, "thinking" | "answer"> {
  return { thinking: textOf(row, `thinking${suffix}`), answer: textOf(row, `answer${suffix}`) };
}

export function textOf(row: FoundRow, name: string): string | null {
  const value = row[name];
  return typeof value === "string" && value !== "" ? value : null;
}

function sizeOf(row: FoundRow, name: string): number | null {
  const value = row[name];
  return typeof value === "number" && value > 0 ? value : null;
}
