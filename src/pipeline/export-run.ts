import { exporterNamed, writeCard, writeExport } from "../export/index.js";
import {
  type ExportInput,
  type ModelSpec,
  suggestName,
  TOOL_VERSION,
  UsageError,
  UserError,
} from "../records/index.js";
import { cardFacts, outcomesOf } from "./card-facts.js";
import { openCheckedSources } from "./open-pictures.js";
import { openRun } from "./open-run.js";
import { countOutgoing, type OutgoingChoice, outgoingRows } from "./outgoing-rows.js";
import { statusOf } from "./read-status.js";

export interface ExportRunOptions {
  readonly format: string;
  readonly to: string;
  /** Null is every teacher, in recipe order. */
  readonly teachers: readonly string[] | null;
  readonly withPixels: boolean;
  /** `include` lets images marked for review out. */
  readonly people: string | null;
  readonly say: (sentence: string) => void;
}

export interface ExportDone {
  readonly folder: string;
  readonly rows: number;
  /** Cells of the chosen teachers that did not go out. */
  readonly leftOut: number;
}

/** Writes the answered cells of a run in a format that others read. */
export async function exportRun(folder: string, options: ExportRunOptions): Promise<ExportDone> {
  const exporter = exporterNamed(options.format);
  if (options.people !== null && options.people !== "include") {
    throw new UsageError(`--people ${options.people}: the only choice is include`);
  }
  const run = await openRun(folder, options.say);
  if (run.images.length === 0) throw new UserError(`${folder} has no sample yet; \`imagenet-think run\` draws it`);
  const teachers = chooseTeachers(run.header.models, options.teachers);
  const choice: OutgoingChoice = { teachers, includePeople: options.people === "include" };
  const status = await statusOf(run.store, run.header);
  const counts = await countOutgoing(run, choice);
  if (counts.pairs === 0) throw new UserError(nothingToExport(folder, counts.underReview));
  const card = writeCard(await cardFacts(run, status, choice, counts, options));
  const sources = options.withPixels ? await openCheckedSources(run.header) : null;
  const input: ExportInput = {
    options: { teachers: teachers.map((teacher) => teacher.name), withPixels: options.withPixels },
    rows: () => outgoingRows(run, choice),
    pixels: (image) => {
      if (sources === null) throw new Error("pictures were not asked for");
      return sources.read(image);
    },
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
          teachers: input.options.teachers,
          withPixels: options.withPixels,
          people: choice.includePeople ? "include" : run.header.people,
        },
        outcomes: outcomesOf(status),
      },
    });
    if (written.kept !== null) options.say(`the earlier export held other files too; it was kept as ${written.kept}`);
    return { folder: written.folder, rows: written.rows, leftOut: run.images.length * teachers.length - counts.pairs };
  } finally {
    await sources?.close();
  }
}

function chooseTeachers(models: readonly ModelSpec[], names: readonly string[] | null): readonly ModelSpec[] {
  const teachers = models.filter((model) => model.role === "teacher");
  if (names === null) return teachers;
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

function nothingToExport(folder: string, underReview: number): string {
  const held = underReview > 0 ? `; ${underReview} are marked for review (--people include lets them out)` : "";
  return `${folder} has no answered pair to export${held}; \`imagenet-think status ${folder}\` shows what it has`;
}
