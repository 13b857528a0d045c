import { readFile } from "node:fs/promises";
import { exporterNamed, writeCard, writeExport } from "../export/index.js";
import {
  type ExportInput,
  type ExportPair,
  type ExportRow,
  type ModelSpec,
  type Pair,
  type SampleImage,
  suggestName,
  TOOL_VERSION,
  UsageError,
  UserError,
} from "../records/index.js";
import { openCheckedSources } from "./open-pictures.js";
import { type OpenedRun, openRun } from "./open-run.js";
import { type RunStatus, statusOf } from "./read-status.js";
import { pairsByImage } from "./stream-pairs.js";

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
  const includePeople = options.people === "include";
  const teachers = chooseTeachers(run.header.models, options.teachers);
  const status = await statusOf(run.store, run.header);
  const counts = await countOutgoing(run, teachers, includePeople);
  const card = writeCard(await cardFacts(run, teachers, status, counts, options, includePeople));
  const sources = options.withPixels ? await openCheckedSources(run.header) : null;
  const input: ExportInput = {
    options: { teachers: teachers.map((teacher) => teacher.name), withPixels: options.withPixels },
    rows: () => outgoingRows(run, teachers, includePeople),
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
          people: includePeople ? "include" : run.header.people,
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

/** Images with the pairs that go out: answered, and not held back for review. */
async function* outgoingRows(
  run: OpenedRun,
  teachers: readonly ModelSpec[],
  includePeople: boolean,
): AsyncGenerator<ExportRow> {
  let position = 0;
  for await (const pairs of pairsByImage(run.store, teachers, run.images)) {
    const image = run.images[position++];
    if (image === undefined || (image.review && !includePeople)) continue;
    const outgoing = pairs.flatMap((pair, index) => toExportPair(pair, image, teachers[index], run.header.prompt.text));
    if (outgoing.length > 0) yield { image, pairs: outgoing };
  }
}

function toExportPair(pair: Pair, image: SampleImage, teacher: ModelSpec | undefined, prompt: string): ExportPair[] {
  if (pair.outcome !== "answered" || pair.answer === null || teacher === undefined) return [];
  return [
    {
      image,
      teacher: pair.model,
      prompt,
      thinking: pair.thinking,
      answer: pair.answer,
      observer: isObserved(teacher),
    },
  ];
}

/** Whether the built-in observer stood in for a model. */
export function isObserved(model: ModelSpec): boolean {
  return model.endpoints[0] === "observer";
}

interface Outgoing {
  readonly pictures: number;
  readonly pairs: number;
  /** Answered pairs that stay behind because their image is marked for review. */
  readonly underReview: number;
}

async function countOutgoing(
  run: OpenedRun,
  teachers: readonly ModelSpec[],
  includePeople: boolean,
): Promise<Outgoing> {
  let pictures = 0;
  let pairs = 0;
  let underReview = 0;
  let position = 0;
  for await (const cells of pairsByImage(run.store, teachers, run.images)) {
    const answered = cells.filter((pair) => pair.outcome === "answered" && pair.answer !== null).length;
    const image = run.images[position++];
    if (image?.review === true && !includePeople) underReview += answered;
    else {
      pairs += answered;
      pictures += answered > 0 ? 1 : 0;
    }
  }
  return { pictures, pairs, underReview };
}

function outcomesOf(status: RunStatus) {
  return Object.fromEntries(
    Object.entries(status.models).map(([name, { answered, truncated, unparsed, refused, failed, missing }]) => [
      name,
      { answered, truncated, unparsed, refused, failed, missing },
    ]),
  );
}

async function cardFacts(
  run: OpenedRun,
  teachers: readonly ModelSpec[],
  status: RunStatus,
  counts: Outgoing,
  options: ExportRunOptions,
  includePeople: boolean,
): Promise<Parameters<typeof writeCard>[0]> {
  const { header, images, store } = run;
  const facts = await store.readSampleFacts();
  const outcomes = outcomesOf(status);
  return {
    name: header.name,
    run8: header.run8,
    toolVersion: TOOL_VERSION,
    licence: header.licence,
    prompt: header.prompt,
    models: header.models.map((model) => ({
      name: model.name,
      role: model.role,
      model: model.model,
      revision: model.revision,
      dialect: model.dialect.name,
      system: model.system,
      sampling: model.sampling,
      observer: isObserved(model),
      outcomes: outcomes[model.name] ?? {
        answered: 0,
        truncated: 0,
        unparsed: 0,
        refused: 0,
        failed: 0,
        missing: images.length,
      },
    })),
    images: images.length,
    sample: {
      drawnAs: header.sample,
      catalog: facts?.catalog ?? images.length,
      outsideClasses: facts?.outsideClasses ?? 0,
      notDrawn: facts?.notDrawn ?? 0,
      rejected: facts?.rejected ?? {},
      shortClasses: facts?.shortClasses.length ?? 0,
    },
    gate: header.gate,
    people: { policy: header.people, marked: images.filter((image) => image.review).length, included: includePeople },
    classes: { list: header.classes.list, ...classCoverage(images), wordnet: header.wordnet.version },
    sources: await Promise.all(
      header.images.map(async ({ source, credits }) => ({
        kind: source,
        credits: credits === null ? null : await readCredits(credits, options.say),
      })),
    ),
    export: {
      format: options.format,
      teachers: teachers.map((teacher) => teacher.name),
      withPixels: options.withPixels,
      pictures: counts.pictures,
      pairs: counts.pairs,
      heldBack: counts.underReview > 0 ? { "picture of a person class, marked for review": counts.underReview } : {},
    },
  };
}

async function readCredits(file: string, say: (sentence: string) => void): Promise<string | null> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    say(`the credits in ${file} cannot be read (${error.code}); the card goes without them`);
    return null;
  });
}

function classCoverage(images: readonly SampleImage[]) {
  const counts = new Map<string, number>();
  let withoutClass = 0;
  for (const image of images) {
    if (image.class === null) withoutClass += 1;
    else counts.set(image.class, (counts.get(image.class) ?? 0) + 1);
  }
  const sizes = [...counts.values()];
  if (sizes.length === 0) return { perClass: null, withoutClass };
  const min = sizes.reduce((a, b) => Math.min(a, b));
  const max = sizes.reduce((a, b) => Math.max(a, b));
  return {
    perClass: { classes: sizes.length, min, mean: (images.length - withoutClass) / sizes.length, max },
    withoutClass,
  };
}
