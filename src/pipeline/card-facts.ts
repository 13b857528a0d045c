import { readFile } from "node:fs/promises";
import { type CardFacts, exporterNamed } from "../export/index.js";
import { type ExportOptions, type SampleImage, TOOL_VERSION } from "../records/index.js";
import type { Outgoing } from "./count-outgoing.js";
import type { OpenedRun } from "./open-run.js";
import { isObserved, type OutgoingChoice } from "./outgoing-rows.js";
import type { RunStatus } from "./read-status.js";

/** Counts of the six outcomes by model. */
export function outcomesOf(status: RunStatus) {
  return Object.fromEntries(
    Object.entries(status.models).map(([name, { answered, truncated, unparsed, refused, failed, missing }]) => [
      name,
      { answered, truncated, unparsed, refused, failed, missing },
    ]),
  );
}

/** Collects what the dataset card says of a run and of one export. */
export async function cardFacts(
  run: OpenedRun,
  status: RunStatus,
  choice: OutgoingChoice,
  counts: Outgoing,
  options: { readonly format: string; readonly options: ExportOptions; readonly say: (sentence: string) => void },
): Promise<CardFacts> {
  const { header, images, store } = run;
  const { includePeople } = choice;
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
      observer: isObserved(model) || counts.observed.has(model.name),
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
      ...options.options,
      format: options.format,
      isWide: choice.wholeImages,
      composes: exporterNamed(options.format).composes(options.options),
      pictures: counts.pictures,
      pairs: counts.pairs,
      pairsBySplit: counts.pairsBySplit,
      heldBack: counts.heldBack,
      escaped: counts.escaped,
      lengths: counts.lengths,
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
