import { createHash } from "node:crypto";
import { composeText, type TrainerRow } from "../../export/index.js";
import type { ExportParts } from "../../records/index.js";
import { type AblationPictures, pathOfPicture } from "./check-pictures.js";

export type RowParts = Readonly<Record<"thinking" | "answer", string | null>>;

/** What the rows read so far have said, which later ones are held against. */
export interface SeenTexts {
  /** Digest of a part by image, teacher and part, with the arm that said it first. */
  readonly parts: Map<string, { readonly digest: string; readonly said: string }>;
  /** Digests of the held-out texts as arms with these parts would hold them, with the row they are of. */
  readonly heldOut: Readonly<Record<ExportParts, Map<string, string>>>;
}

export function noTexts(): SeenTexts {
  return { parts: new Map(), heldOut: { both: new Map(), thinking: new Map(), answer: new Map() } };
}

export function nameOfRow({ imageId, teacher }: Pick<TrainerRow, "imageId" | "teacher">): string {
  return `${imageId} of ${teacher}`;
}

/** Stands for a text in memory. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64").slice(0, 22);
}

/** The picture that a row opens must be the one it names. */
export function pictureFault(row: TrainerRow, pictures: AblationPictures): string | null {
  const image = pictures.byId.get(row.imageId);
  if (image === undefined) return "images.jsonl does not list its picture";
  const path = pathOfPicture(image);
  if (row.sha256 !== image.image_sha256) {
    const twin = pictures.heldOutBytes.get(row.sha256 ?? "");
    return twin === undefined
      ? "its picture has another SHA-256 than in images.jsonl"
      : `a leak: its picture has the bytes of the held-out ${twin}`;
  }
  if (row.pictures.length === 1 && row.pictures[0] === path) return null;
  const opened = row.pictures.join(", ");
  const twin = row.pictures.map((opens) => pictures.heldOutPaths.get(opens)).find((id) => id !== undefined);
  return twin === undefined || twin === row.imageId
    ? `it opens ${opened || "no picture"}, not ${path}`
    : `a leak: it opens ${opened}, the held-out ${twin}`;
}

/** A part of a pair must read the same wherever it stands. */
export function textFault(
  row: TrainerRow,
  parts: RowParts,
  { name, parts: kept }: { readonly name: string; readonly parts: ExportParts },
  seen: SeenTexts,
): string | null {
  if (composeText(parts) !== row.text) return "its text is not thinking and answer in the form of this arm";
  for (const part of ["thinking", "answer"] as const) {
    const wanted = kept === "both" || kept === part;
    const text = parts[part];
    if (wanted && text === null) return `it has no ${part}, and the arm is to learn it`;
    if (text === null) continue;
    const key = `${row.imageId} ${row.teacher} ${part}`;
    const known = seen.parts.get(key);
    if (known === undefined) seen.parts.set(key, { digest: digest(text), said: name });
    else if (known.digest !== digest(text)) return `its ${part} is not the one that the arm ${known.said} has`;
  }
  return null;
}
