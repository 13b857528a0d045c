import { exporterNamed, findMark, openTokenCounter, writeCard, writeExport } from "../export/index.js";
import {
  type Exporter,
  type ExportImage,
  type ExportInput,
  type ExportOptions,
  type SampleImage,
  TOOL_VERSION,
  UserError,
} from "../records/index.js";
import { cardFacts, outcomesOf } from "./card-facts.js";
import { countOutgoing, type Outgoing } from "./count-outgoing.js";
import { openCheckedSources } from "./open-pictures.js";
import { type OpenedRun, openRun } from "./open-run.js";
import { type OutgoingChoice, outgoingRows, type Selection } from "./outgoing-rows.js";
import { chooseTeachers, type ExportFlags, readShape } from "./read-export-flags.js";
import { statusOf } from "./read-status.js";
import { selectImages } from "./select-images.js";
import { readSplitShares } from "./split-images.js";
import { type CellSurvey, surveyCells } from "./survey-cells.js";

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
  /** Takes the place of `subset` and `split`, for whoever cuts one run into several exports. */
  readonly select?: (images: readonly SampleImage[], survey: CellSurvey) => Selection;
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
  if (run.images.length === 0) throw new UserError(`${folder} has no sample yet; \`imagenet-think run\` draws it`);
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
  const selection =
    options.select?.(run.images, survey) ??
    selectImages(run.images, survey, { subset: options.subset, splits: shares, seed });
  const counts = await countOutgoing(run, choice, survey, selection, counter);
  checkCounts(folder, counts, selection);
  const split = shares === null ? null : { shares, seed };
  const plan = { exporter, choice, survey, selection, counts, split, exported: { ...asked, splits: selection.splits } };
  const written = await write(run, plan, options);
  if (written.kept !== null) options.say(`the earlier export held other files too; it was kept as ${written.kept}`);
  const cells = run.images.length * teachers.length;
  return { folder: written.folder, rows: written.rows, leftOut: cells - counts.pairs, escaped: counts.escaped };
}

/** All that was settled before anything is written. */
interface ExportPlan {
  readonly exporter: Exporter;
  readonly choice: OutgoingChoice;
  readonly survey: CellSurvey;
  readonly selection: Selection;
  readonly counts: Outgoing;
  readonly split: unknown;
  readonly exported: ExportOptions;
}

async function write(run: OpenedRun, plan: ExportPlan, options: ExportRunOptions) {
  const { exporter, choice, survey, selection, counts, split, exported } = plan;
  const status = await statusOf(run.store, run.header);
  const card = writeCard(await cardFacts(run, status, choice, counts, { ...options, options: exported }));
  const pictures = await openPixels(run, options.withPixels);
  const input: ExportInput = {
    options: exported,
    rows: () => outgoingRows(run, choice, survey, selection),
    pixels: pictures.read,
    lengths: counts.lengths,
    card: card.text,
    cardFields: card.fields,
  };
  const { pairs, heldBack, escaped, pairsBySplit } = counts;
  const people = choice.includePeople ? "include" : run.header.people;
  try {
    return await writeExport({
      exporter,
      input,
      to: options.to,
      facts: {
        run: { name: run.header.name, run8: run.header.run8 },
        toolVersion: TOOL_VERSION,
        options: { people, subset: options.subset, split, marks: choice.marks },
        outcomes: outcomesOf(status),
        pairs: { inExport: pairs, heldBack, escaped, bySplit: pairsBySplit },
      },
    });
  } finally {
    await pictures.close();
  }
}

/** The pictures of a run for an export: a changed one is a sentence, because nothing may go out under its name. */
async function openPixels(run: OpenedRun, withPixels: boolean) {
  const sources = withPixels ? await openCheckedSources(run.header) : null;
  const byId = new Map(withPixels ? run.images.map((image) => [image.id, image]) : []);
  return {
    async read({ id }: ExportImage): Promise<Buffer> {
      const image = byId.get(id);
      if (sources === null || image === undefined) throw new Error(`the picture of ${id} was not asked for`);
      if (image.sha256 === "") throw new UserError(`${id} was imported without its picture; leave --with-pixels out`);
      return sources.read(image).catch((error: unknown) => {
        if (error instanceof UserError) throw error;
        throw new UserError(`${(error as Error).message}; bring it back, or leave --with-pixels out`);
      });
    },
    close: async () => sources?.close(),
  };
}

function checkPrompt(run: OpenedRun, { marks }: OutgoingChoice): void {
  const mark = marks === "left-out" ? findMark(run.header.prompt.text) : null;
  if (mark === null) return;
  throw new UserError(
    `the prompt itself holds ${mark}, which readers of this format take for a mark; --escape writes it as plain text`,
  );
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
