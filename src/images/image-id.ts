import { createHash } from "node:crypto";
import { type ImageId, WNID } from "../records/index.js";

/** What a picture is called, whatever kind of source it came from. */
export interface ImageName {
  readonly id: ImageId;
  /** A wnid, the folder that holds it, the source's own label, or null. */
  readonly class: string | null;
  readonly fileName: string;
}

/** `<wnid>_<number>.<ext>`, or the released set's `<wnid>_<wnid>_<number>.<ext>`; 70 digits keep the id within 80 characters. */
const IMAGENET_NAME = /^(n\d{8})_(?:\1_)?(\d{1,70})\.[^./]+$/;

/** The wnid and the number (its digits untouched) in an ImageNet file name, else null. */
export function readImageNetName(baseName: string): { readonly wnid: string; readonly number: string } | null {
  const match = IMAGENET_NAME.exec(baseName);
  const [, wnid, number] = match ?? [];
  return wnid === undefined || number === undefined ? null : { wnid, number };
}

/**
 * Names a picture by its path relative to the unpacked source, with `/`. A path in another Unicode form names the same
 * picture. `label` is a class the source states itself, used where the path names none.
 */
export function nameImage(path: string, label?: string): ImageName {
  const imageNet = readImageNetName(baseNameOf(path));
  if (imageNet !== null) {
    const id = `${imageNet.wnid}_${imageNet.number}`;
    return { id, class: imageNet.wnid, fileName: `${imageNet.wnid}/${id}.JPEG` };
  }
  const fileName = path.normalize("NFC");
  return { id: pathId(sha256Of(fileName)), class: classOfFolder(folderOf(fileName), label), fileName };
}

/** Names a Parquet row that has no path, by the SHA-256 of its bytes (hex); its file name is its id. */
export function nameImageByBytes(sha256: string, label?: string): ImageName {
  const id = `b-${sha256.slice(0, 16)}`;
  return { id, class: classOfFolder("", label), fileName: id };
}

/** The class `nameImage` gives, without the rest of its work. */
export function classOfPath(path: string, label?: string): string | null {
  return readImageNetName(baseNameOf(path))?.wnid ?? classOfFolder(folderOf(path), label);
}

/** The id of a path whose SHA-256 (hex) begins with these digits. */
export function pathId(sha256: string): ImageId {
  return `p-${sha256.slice(0, 16)}`;
}

/** SHA-256 as hex, of text as UTF-8 or of bytes. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The class of a picture that is not ImageNet's: the last folder that is a wnid, else the whole folder, else the label. */
export function classOfFolder(folder: string, label?: string): string | null {
  const normal = folder.normalize("NFC");
  const wnid = normal.split("/").findLast((part) => WNID.test(part));
  if (wnid !== undefined) return wnid;
  const text = normal === "" ? (label ?? "").normalize("NFC").trim() : normal;
  return text === "" ? null : text;
}

/** The part of a relative path before its last `/`, empty where there is none. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function baseNameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
