import { exporterNamed, openTokenCounter } from "../export/index.js";
import { type ExportOptions, UserError } from "../records/index.js";
import { countOutgoing, type Outgoing } from "./count-outgoing.js";
import { openPixels } from "./open-pixels.js";
import { needImages, openRun } from "./open-run.js";
import { type OutgoingChoice, outgoingRows, type Selection } from "./outgoing-rows.js";
import { chooseTeachers, type ExportFlags, readShape } from "./read-export-flags.js";
import { statusOf } from "./read-status.js";
import { selectImages } from "./select-images.js";
import { readSplitShares } from "./split-images.js";
import { surveyCells } from "./survey-cells.js";
import { checkPrompt, writeOutgoing } from "./write-outgoing.js";

export interface ExportRunOptions extends ExportFlags {
  readonly format: string;
  readonly to: string;
  /** `train=0.98,validation=0.02`; null is all in `train`. */
  readonly split: string | null;
  /** Keeps texts that hold marks of their readers, with the marks escaped. */
  readonly escape: boolean;
  readonly withPixels: boolean;
  /** A `tokenizer.json`, or the folder of one; null estimates. */
  readonly tokenizer: string | null;
  readonly say: (sentence: string) => void;
}

export interface ExportDone {
  readonly folder: string;
  readonly rows: number;
  /** Cells of the chosen teachers that did not go out. */
  readonly leftOut: number;
  /** Pairs that went out with marks of their readers escaped. */
  readonly escaped: number;
}

/** Writes the answered cells of a run in a format that others read. */
export async function exportRun(folder: string, options: ExportRunOptions): Promise<ExportDone> {
  const exporter = exporterNamed(options.format);
  const shape = readShape(exporter, options);
  const shares = options.split === null ? null : readSplitShares(options.split);
  const counter = await openTokenCounter(options.tokenizer);
  const run = await openRun(folder, options.say);
  await needImages(run, folder);
  const teachers = chooseTeachers(run.header.models, options.teachers);
  const names = teachers.map((teacher) => teacher.name);
  const asked: ExportOptions = { teachers: names, withPixels: options.withPixels, ...shape, splits: [] };
  const choice: OutgoingChoice = {
    teachers,
    includePeople: options.people === "include",
    parts: shape.parts,
    wholeImages: exporter.isWide(asked),
    marks: exporter.composes(asked) ? (options.escape ? "escaped" : "left-out") : "kept",
  };
  checkPrompt(run, choice);
  const survey = await surveyCells(run, choice, counter);
  const seed = run.header.sample?.seed ?? 0;
  const selection = selectImages(run.images, survey, { subset: options.subset, splits: shares, seed });
  const counts = await countOutgoing(run, choice, survey, selection, counter);
  checkCounts(folder, counts, selection);
  if (options.subset !== null && counts.pictures < options.subset) {
    options.say(`--subset ${options.subset}: no more than ${counts.pictures} pictures can go out, and all of them do`);
  }
  const split = shares === null ? null : { shares, seed };
  const exported = { ...asked, splits: selection.splits };
  const rows = () => outgoingRows(run, choice, survey, selection);
  const plan = { exporter, choice, counts, rows, exported, asked: { subset: options.subset, split } };
  const status = await statusOf(run.store, run.header);
  const pictures = await openPixels(run, options.withPixels);
  const place = { to: options.to, status, pixels: pictures.read, say: options.say };
  const written = await writeOutgoing(run, plan, place).finally(pictures.close);
  if (written.kept !== null) options.say(`the earlier export held other files too; it was kept as ${written.kept}`);
  const cells = run.images.length * teachers.length;
  return { folder: written.folder, rows: written.rows, leftOut: cells - counts.pairs, escaped: counts.escaped };
}

function checkCounts(folder: string, counts: Outgoing, { splits }: Selection): void {
  if (counts.pairs === 0) throw new UserError(nothingToExport(folder, counts));
  const empty = splits.find((split) => (counts.pairsBySplit[split] ?? 0) === 0);
  if (empty === undefined) return;
  throw new UserError(
    `the split ${empty} would hold no pair (${counts.pictures} pictures go out); give it a larger share, or export more pictures`,
  );
}

function nothingToExport(folder: string, { heldBack }: Outgoing): string {
  const held = Object.entries(heldBack).map(([why, cells]) => `; answered, but ${why}: ${cells}`);
  const hint = Object.keys(heldBack).some((why) => why.includes("review")) ? " (--people include lets them out)" : "";
  return `${folder} has no answered pair to export${held.join("")}${hint}; \`imagenet-think status ${folder}\` shows what it has`;
}
