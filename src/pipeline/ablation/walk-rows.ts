import { join } from "node:path";
import {
  type AblationArm,
  type AblationManifest,
  changedFiles,
  readExport,
  readText,
  readTrainerRows,
  type TokenCounter,
  type TrainerRow,
} from "../../export/index.js";
import { type ExportOptions, UserError } from "../../records/index.js";
import type { AblationPictures } from "./check-pictures.js";
import type { AblationFaults } from "./faults.js";
import { nameOfRow, pictureFault, type RowParts, type SeenTexts, textFault } from "./row-faults.js";

/** What the rows of an ablation are held against. */
export interface RowCheck {
  readonly folder: string;
  readonly manifest: AblationManifest;
  readonly pictures: AblationPictures;
  readonly seen: SeenTexts;
  /** Null where tokens cannot be counted again. */
  readonly counter: TokenCounter | null;
  readonly faults: AblationFaults;
}

/** What one export of an ablation should be. */
type Expected = Pick<AblationArm, "name" | "folder" | "parts" | "pairs">;

const HOW = {
  missing: "the file is missing",
  changed: "the file was changed after it was written",
  added: "a trainer reads this file too, and it was not written with the others",
};
/** Where a trainer takes every file there is; elsewhere only those that are named. */
const GLOBBED = "sft/";

/**
 * Reads every row of an export: exactly the `wanted` ones, by their names, must be there, with the pictures, hashes and
 * texts that other files have for them. `judge` says what else is wrong with a row. Gives the number of rows, null where
 * they could not be read to the end.
 */
export async function walkRows(
  check: RowCheck,
  expected: Expected,
  wanted: ReadonlySet<string>,
  judge: (row: TrainerRow, parts: RowParts) => Promise<string | null>,
): Promise<number | null> {
  const { name: arm, folder, pairs } = expected;
  const { faults, manifest } = check;
  const found = new Set<string>();
  let rows = 0;
  try {
    const options = await openArm(check, expected);
    for await (const row of readTrainerRows(join(check.folder, folder), manifest.trainer, options)) {
      rows += 1;
      const at = { arm, place: row.place, row: nameOfRow(row) };
      const parts = readText(row.text, expected.parts);
      const words = [
        await judge(row, parts),
        pictureFault(row, check.pictures),
        textFault(row, parts, expected, check.seen),
        found.has(at.row) ? "the row is there twice" : null,
        wanted.has(at.row) ? null : "ablation.json and images.jsonl promise no such row here",
      ];
      for (const fault of words) if (fault !== null) faults.add(at, fault);
      found.add(at.row);
    }
  } catch (error) {
    const why = error instanceof UserError ? "" : "its rows cannot be read to the end: ";
    faults.add({ arm, place: folder }, `${why}${(error as Error).message}`);
    return null;
  }
  for (const row of wanted) if (!found.has(row)) faults.add({ arm, place: folder, row }, "the row is missing");
  if (rows !== pairs) faults.add({ arm, place: "ablation.json" }, `it says ${pairs} pairs, and ${rows} are there`);
  return rows;
}

/** The options that the export's own manifest states; its files must be those it lists. */
async function openArm({ folder, manifest, faults }: RowCheck, expected: Expected): Promise<ExportOptions> {
  const { manifest: written, options } = await readExport(join(folder, expected.folder));
  const at = { arm: expected.name, place: "manifest.json" };
  const facts = [
    ["the trainer", written.format, manifest.trainer],
    ["the run", written.run.run8, manifest.run.run8],
    ["the parts", options.parts, expected.parts],
  ];
  for (const [what, seen, said] of facts) {
    if (seen !== said) faults.add(at, `${what} is ${seen}, and ablation.json says ${said}`);
  }
  for (const { path, how } of await changedFiles(join(folder, expected.folder), written.files)) {
    if (how !== "added" || path.startsWith(GLOBBED)) faults.add({ arm: expected.name, place: path }, HOW[how]);
  }
  return options;
}
