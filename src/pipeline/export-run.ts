import { type Card, exporterNamed, findMark, openTokenCounter, writeCard, writeExport } from "../export/index.js";
import {
  EXPORT_PARTS,
  type Exporter,
  type ExportImage,
  type ExportInput,
  type ExportOptions,
  type ExportParts,
  type ModelSpec,
  type SampleImage,
  suggestName,
  THINKING_FORMS,
  type ThinkingForm,
  TOOL_VERSION,
  UsageError,
  UserError,
} from "../records/index.js";
import { cardFacts, outcomesOf } from "./card-facts.js";
import { chooseSubset } from "./choose-subset.js";
import { countOutgoing, type Outgoing } from "./count-outgoing.js";
import { openCheckedSources } from "./open-pictures.js";
import { type OpenedRun, openRun } from "./open-run.js";
import { type OutgoingChoice, outgoingRows, type Selection } from "./outgoing-rows.js";
import { statusOf } from "./read-status.js";
import { readSplitShares, splitImages } from "./split-images.js";
import { type CellSurvey, surveyCells } from "./survey-cells.js";

export interface ExportRunOptions {
  readonly format: string;
  readonly to: string;
  /** Null is every teacher, in recipe order. */
  readonly teachers: readonly string[] | null;
  /** `both`, `thinking` or `answer`. */
  readonly parts: string;
  /** `tags` or `field`; null is the format's own way. */
  readonly thinking: string | null;
  /** Images; null is all that can go out. */
  readonly subset: number | null;
  /** `train=0.98,validation=0.02`; null is all in `train`. */
  readonly split: string | null;
  /** Keeps texts that hold marks of their readers, with the marks escaped. */
  readonly escape: boolean;
  readonly withPixels: boolean;
  /** `include` lets images marked for review out. */
  readonly people: string | null;
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
  const asked: Omit<ExportOptions, "splits"> = {
    teachers: teachers.map((teacher) => teacher.name),
    withPixels: options.withPixels,
    ...shape,
  };
  const composes = exporter.composes({ ...asked, splits: [] });
  const choice: OutgoingChoice = {
    teachers,
    includePeople: options.people === "include",
    parts: shape.parts,
    wholeImages: exporter.isWide({ ...asked, splits: [] }),
    marks: composes ? (options.escape ? "escaped" : "left-out") : "kept",
  };
  checkPrompt(run, choice);
  const status = await statusOf(run.store, run.header);
  const survey = await surveyCells(run, choice, counter);
  const seed = run.header.sample?.seed ?? 0;
  const selection =
    options.select?.(run.images, survey) ??
    selectImages(run.images, survey, { subset: options.subset, splits: shares, seed });
  const counts = await countOutgoing(run, choice, survey, selection, counter);
  if (counts.pairs === 0) throw new UserError(nothingToExport(folder, counts));
  const emptySplit = selection.splits.find((split) => (counts.pairsBySplit[split] ?? 0) === 0);
  if (emptySplit !== undefined) {
    throw new UserError(
      `the split ${emptySplit} would hold no pair (${counts.pictures} pictures go out); give it a larger share, or export more pictures`,
    );
  }
  const exported: ExportOptions = { ...asked, splits: selection.splits };
  const card: Card = writeCard(await cardFacts(run, status, choice, counts, { ...options, options: exported }));
  const sources = options.withPixels ? await openCheckedSources(run.header) : null;
  const sampleById = new Map(options.withPixels ? run.images.map((image) => [image.id, image]) : []);
  const pixels = async ({ id }: ExportImage): Promise<Buffer> => {
    const image = sampleById.get(id);
    if (sources === null || image === undefined) throw new Error(`the picture of ${id} was not asked for`);
    if (image.sha256 === "") throw new UserError(`${id} was imported without its picture; leave --with-pixels out`);
    return sources.read(image).catch((error: unknown) => {
      if (error instanceof UserError) throw error;
      throw new UserError(`${(error as Error).message}; bring it back, or leave --with-pixels out`);
    });
  };
  const input: ExportInput = {
    options: exported,
    rows: () => outgoingRows(run, choice, survey, selection),
    pixels,
    lengths: counts.lengths,
    card: card.text,
    cardFields: card.fields,
  };
  try {
    const written = await writeExport({
      exporter,
      input,
      to: options.to,
      facts: {
        run: { name: run.header.name, run8: run.header.run8 },
        toolVersion: TOOL_VERSION,
        options: {
          people: choice.includePeople ? "include" : run.header.people,
          subset: options.subset,
          split: shares === null ? null : { shares, seed },
          marks: choice.marks,
        },
        outcomes: outcomesOf(status),
        pairs: {
          inExport: counts.pairs,
          heldBack: counts.heldBack,
          escaped: counts.escaped,
          bySplit: counts.pairsBySplit,
        },
      },
    });
    if (written.kept !== null) options.say(`the earlier export held other files too; it was kept as ${written.kept}`);
    return {
      folder: written.folder,
      rows: written.rows,
      leftOut: run.images.length * teachers.length - counts.pairs,
      escaped: counts.escaped,
    };
  } finally {
    await sources?.close();
  }
}

/** What the flags ask of the texts. Throws a `UsageError` where the format has no way to do it. */
function readShape(
  exporter: Exporter,
  options: ExportRunOptions,
): { readonly parts: ExportParts; readonly thinking: ThinkingForm | null } {
  if (options.people !== null && options.people !== "include") {
    throw new UsageError(`--people ${options.people}: the only choice is include`);
  }
  const parts = EXPORT_PARTS.find((known) => known === options.parts);
  if (parts === undefined) {
    throw new UsageError(`--parts ${JSON.stringify(options.parts)}${suggestName(options.parts, EXPORT_PARTS)}`);
  }
  if (options.subset !== null && !(Number.isSafeInteger(options.subset) && options.subset > 0)) {
    throw new UsageError("--subset must be a whole number from 1");
  }
  if (options.thinking === null) return { parts, thinking: null };
  const thinking = THINKING_FORMS.find((known) => known === options.thinking);
  if (thinking === undefined) {
    throw new UsageError(
      `--thinking ${JSON.stringify(options.thinking)}${suggestName(options.thinking, THINKING_FORMS)}`,
    );
  }
  if (!exporter.thinkingForms.includes(thinking)) {
    throw new UsageError(
      `--thinking field: readers of ${exporter.format} drop such a field without a word; leave it out, and the thinking goes out between tags`,
    );
  }
  if (thinking === "field" && parts === "thinking" && exporter.composes({ ...BARE, parts, thinking })) {
    throw new UsageError("--thinking field needs an answer beside it; leave out --parts thinking or --thinking field");
  }
  return { parts, thinking };
}

const BARE = { teachers: [], withPixels: false, splits: [] };

/** The images of a subset, split. */
export function selectImages(
  images: readonly SampleImage[],
  survey: Pick<CellSurvey, "goesOut">,
  { subset, splits, seed }: { subset: number | null; splits: ReturnType<typeof readSplitShares> | null; seed: number },
): Selection {
  const chosen = subset === null ? null : chooseSubset(images, survey.goesOut, subset);
  const placed = splits === null ? null : splitImages(images, splits, seed);
  return {
    splits: splits?.map(({ name }) => name) ?? ["train"],
    splitAt: (place) =>
      chosen !== null && !chosen.has(place) ? null : placed === null ? "train" : (placed[place] ?? null),
  };
}

function checkPrompt(run: OpenedRun, { marks }: OutgoingChoice): void {
  const mark = marks === "left-out" ? findMark(run.header.prompt.text) : null;
  if (mark === null) return;
  throw new UserError(
    `the prompt itself holds ${mark}, which readers of this format take for a mark; --escape writes it as plain text`,
  );
}

function chooseTeachers(models: readonly ModelSpec[], names: readonly string[] | null): readonly ModelSpec[] {
  const teachers = models.filter((model) => model.role === "teacher");
  if (names === null) return teachers;
  if (names.length === 0) throw new UsageError("--teachers names nobody; leave it out for all");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--teachers names ${twice} twice`);
  return names.map((name) => {
    const teacher = teachers.find((known) => known.name === name);
    if (teacher === undefined) {
      throw new UsageError(
        `--teachers: the run has no teacher "${name}"${suggestName(
          name,
          teachers.map((known) => known.name),
        )}`,
      );
    }
    return teacher;
  });
}

function nothingToExport(folder: string, { heldBack }: Outgoing): string {
  const held = Object.entries(heldBack).map(([why, cells]) => `; answered, but ${why}: ${cells}`);
  const hint = Object.keys(heldBack).some((why) => why.includes("review")) ? " (--people include lets them out)" : "";
  return `${folder} has no answered pair to export${held.join("")}${hint}; \`imagenet-think status ${folder}\` shows what it has`;
}
