import { type AblationArm, type AblationImage, composeText } from "../../export/index.js";
import { EXPORT_PARTS } from "../../records/index.js";
import { partsOf } from "../outgoing-rows.js";
import { digest, nameOfRow } from "./row-faults.js";
import { openRowTokens } from "./row-tokens.js";
import { type RowCheck, walkRows } from "./walk-rows.js";

/** Characters from which two texts that are alike are no chance: short answers may honestly be the same. */
const TELLING = 200;

/** Reads the held-out export: every held-out picture once for each teacher, and nothing else. Gives its rows, null where they cannot be read. */
export async function checkHeldOut(check: RowCheck): Promise<number | null> {
  const { manifest, pictures, seen } = check;
  const { folder, pairs } = manifest.heldOut;
  const wanted = rowNames(pictures.heldOut, () => manifest.teachers);
  return walkRows(check, { name: folder, folder, parts: "both", pairs }, wanted, async (row, parts) => {
    for (const kept of EXPORT_PARTS) seen.heldOut[kept].set(digest(composeText(partsOf(parts, kept))), nameOfRow(row));
    return pictures.byId.get(row.imageId)?.split === "train" ? "a leak: its picture is trained on" : null;
  });
}

/** Reads one arm: its rows must be those that its entry in the manifest promises. Gives their number, null where they cannot be read. */
export async function checkArm(check: RowCheck, arm: AblationArm): Promise<number | null> {
  const { pictures, seen, faults, counter } = check;
  const teachersOf = ({ turn }: AblationImage) => (arm.pairing === "in-turn" ? [turn ?? ""] : arm.teachers);
  const wanted = rowNames(pictures.train.slice(0, arm.images), teachersOf);
  const tokens = openRowTokens(arm, counter);
  const rows = await walkRows(check, arm, wanted, async (row, parts) => {
    await tokens.add(row, parts);
    if (pictures.byId.get(row.imageId)?.split === "held-out") return "a leak: its picture is held out";
    const twin = row.text.length < TELLING ? undefined : seen.heldOut[arm.parts].get(digest(row.text));
    return twin === undefined ? null : `a leak: its text is word for word that of the held-out ${twin}`;
  });
  if (rows === null) return null;
  const sums = await tokens.finish();
  for (const what of ["thinking", "answer", "text"] as const) {
    const [said, counted] = [arm.tokens[what], sums[what]];
    if (counted === undefined || counted === said) continue;
    faults.add(
      { arm: arm.name, place: "ablation.json" },
      `it says ${said} tokens of ${what}, and the rows have ${counted}`,
    );
  }
  return rows;
}

function rowNames(
  images: readonly AblationImage[],
  teachersOf: (image: AblationImage) => readonly string[],
): ReadonlySet<string> {
  const rowsOf = (image: AblationImage) =>
    teachersOf(image).map((teacher) => nameOfRow({ imageId: image.image_id, teacher }));
  return new Set(images.flatMap(rowsOf));
}
