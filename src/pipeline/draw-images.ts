import {
  buildCatalog,
  type Catalog,
  type CatalogOptions,
  type DrawOptions,
  drawSample,
  isPersonClass,
  openDecodePool,
  openSource,
} from "../images/index.js";
import {
  type CatalogImage,
  type ClassTree,
  canonicalJson,
  type RejectedImage,
  type RunHeader,
  type SampleFacts,
  type SampleImage,
  type Store,
  UserError,
  type Verdict,
} from "../records/index.js";
import { openStore } from "../store/index.js";
import { type PlannedRecipe, planRecipe } from "./plan-recipe.js";
import type { StopSwitch } from "./stop-switch.js";
import { takeOver } from "./take-over.js";

export interface DrawHooks {
  readonly say: (sentence: string) => void;
  readonly stop: StopSwitch;
  readonly onProgress: (standing: { done: number; total: number | null; facts?: readonly string[] }) => void;
}

export interface DrawnSample {
  readonly images: readonly SampleImage[];
  readonly rejected: Iterable<RejectedImage>;
  readonly facts: SampleFacts;
}

/** What `images` prints. */
export interface ImagesSummary {
  readonly name: string;
  readonly images: number;
  readonly catalog: number;
  readonly notDrawn: number;
  readonly outsideClasses: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly rejectedImages: readonly Pick<RejectedImage, "id" | "class" | "fileName" | "reason" | "detail">[];
  readonly review: number;
  readonly classes: readonly {
    readonly class: string | null;
    readonly words: string | null;
    readonly images: number;
    /** A person class, marked for review. */
    readonly review: boolean;
  }[];
  readonly shortClasses: SampleFacts["shortClasses"];
  /** Quantiles of what the gate measured, to choose `gate.blur` and `gate.blank` by; null where nothing was measured. */
  readonly measures: Readonly<Record<"sharpness" | "contrast", Readonly<Record<string, number>> | null>>;
}

/** The command `images`: draws and gates the sample of a recipe, into a run folder or for looking only. Null where it was stopped. */
export async function drawImages(
  recipeFile: string,
  options: DrawHooks & { readonly out: string | null },
): Promise<ImagesSummary | null> {
  const plan = await planRecipe(recipeFile);
  const store = options.out === null ? null : await openStore(options.out, { say: options.say });
  const header = store === null ? plan.header : await takeOver(store, plan.header, { again: false, say: options.say });
  const sample = await ensureSample(store, header, plan, options);
  return sample === null ? null : summarise(header, await plan.openTree(), sample);
}

/**
 * The sample of a run: as it was drawn before, or drawn now (also where the recipe has grown). Null where the person
 * stopped the draw; its verdicts are kept in the run folder and not asked for again.
 */
export async function ensureSample(
  store: Store | null,
  header: RunHeader,
  plan: Pick<PlannedRecipe, "openTree" | "classes">,
  hooks: DrawHooks,
): Promise<DrawnSample | null> {
  const before = store === null ? null : await readDrawn(store, header);
  if (before !== null) return before;
  const drawn = await draw(store, header, await plan.openTree(), plan.classes, hooks);
  if (drawn === null) return null;
  const made: DrawnSample = {
    ...drawn,
    facts: { ...drawn.facts, images: drawn.images.length, drawnUnder: drawnUnder(header) },
  };
  await store?.writeSample(made);
  return made;
}

/** The sample as it was drawn before; null where it was not, or under other options. */
async function readDrawn(store: Store, header: RunHeader): Promise<DrawnSample | null> {
  const facts = await readDrawnFacts(store, header);
  const images = facts === null ? null : await store.readSample();
  return facts === null || images === null ? null : { images, rejected: await store.readRejected(), facts };
}

/** The facts of that sample, which cost nothing to read. */
export async function readDrawnFacts(store: Store, header: RunHeader): Promise<SampleFacts | null> {
  const facts = await store.readSampleFacts();
  return facts !== null && canonicalJson(facts.drawnUnder) === canonicalJson(drawnUnder(header)) ? facts : null;
}

/** Everything that decides which pictures are drawn. */
function drawnUnder({ images, classes, people, gate, sample, wordnet }: RunHeader) {
  return { images: images.map(({ source, path }) => ({ source, path })), classes, people, gate, sample, wordnet };
}

/** Null where the person stopped it, while the sources are listed or while pictures are looked at. */
async function draw(
  store: Store | null,
  header: RunHeader,
  tree: ClassTree,
  classes: readonly string[] | null,
  hooks: DrawHooks,
) {
  const stopped = new AbortController();
  const forget = hooks.stop.onDrain(() => stopped.abort());
  const { signal } = stopped;
  try {
    const catalog = await listPictures(header, classes, { say: hooks.say, signal });
    return await gateSample(store, header, catalog, {
      people: header.people,
      isPerson: (name) => isPersonClass(tree, name),
      askedClasses: classes,
      signal,
      onProgress: ({ accepted, rejected, wanted }) =>
        hooks.onProgress({ done: accepted, total: wanted, facts: rejected > 0 ? [`${rejected} rejected`] : [] }),
    });
  } catch (error) {
    if (signal.aborted && error === signal.reason) return null;
    throw error;
  } finally {
    forget();
  }
}

/** Draws from the catalog and looks at what was drawn, in decoding processes; every verdict goes into the store's journal. */
async function gateSample(
  store: Store | null,
  header: RunHeader,
  catalog: Catalog,
  options: Omit<DrawOptions, "known">,
) {
  const known = new Map<string, Verdict>();
  if (store !== null) for await (const verdict of store.readVerdicts()) known.set(verdict.id, verdict);
  const journal = await store?.openGate();
  const pool = await openDecodePool({ sources: header.images, gate: header.gate });
  const inspect = async (images: readonly CatalogImage[]) => {
    const verdicts = await Promise.all(images.map((image) => pool.inspect(image)));
    await journal?.append(verdicts);
    return verdicts;
  };
  try {
    return await drawSample(catalog, header.sample, inspect, { ...options, known: (id) => known.get(id) });
  } finally {
    await Promise.allSettled([pool.close(), journal?.close()]);
  }
}

/** Lists the sources of a run. Throws a `UserError` where nothing is found, and the signal's reason where it was stopped. */
async function listPictures(
  header: RunHeader,
  classes: readonly string[] | null,
  hooks: Pick<CatalogOptions, "say" | "signal">,
): Promise<Catalog> {
  const sources = await Promise.all(header.images.map((spec) => openSource(spec)));
  const asked = classes === null ? null : new Set(classes);
  const catalog = await buildCatalog(sources, { ...hooks, classes: asked }).finally(() =>
    Promise.all(sources.map((source) => source.close())),
  );
  for (const problem of catalog.problems) hooks.say(problem);
  if (catalog.size === 0) throw new UserError(emptyCatalog(header, catalog.outsideClasses));
  return catalog;
}

/** How many images a sample would have whose pictures all pass the gate: lists the sources and decodes nothing. */
export async function countToDraw(
  { header, openTree, classes }: PlannedRecipe,
  say: (sentence: string) => void,
): Promise<number> {
  const catalog = await listPictures(header, classes, { say });
  const tree = header.people === "drop" ? await openTree() : null;
  const most = header.sample?.perClass ?? Number.POSITIVE_INFINITY;
  const given = catalog.classes.map((name, index) =>
    tree !== null && isPersonClass(tree, name) ? 0 : Math.min(catalog.countOf(index), most),
  );
  const all = given.reduce((sum, count) => sum + count, 0);
  return Math.min(all, header.sample?.size ?? Number.POSITIVE_INFINITY);
}

function emptyCatalog(header: RunHeader, outsideClasses: number): string {
  const places = header.images.map((image) => `${image.source} ${image.path}`).join(", ");
  if (outsideClasses === 0) return `no picture found in ${places}; check \`source\` and \`path\` in the recipe`;
  return `${places}: all ${outsideClasses} pictures lie in classes that ${header.classes.list} does not name; check \`classes\` in the recipe`;
}

function summarise(header: RunHeader, tree: ClassTree, sample: DrawnSample): ImagesSummary {
  const counts = new Map<string | null, number>();
  for (const image of sample.images) counts.set(image.class, (counts.get(image.class) ?? 0) + 1);
  const toReview = new Set(sample.images.filter(({ review }) => review).map((image) => image.class));
  const { catalog, notDrawn, outsideClasses, rejected, shortClasses } = sample.facts;
  return {
    name: header.name,
    images: sample.images.length,
    catalog,
    notDrawn,
    outsideClasses,
    rejected,
    rejectedImages: [...sample.rejected].map(({ id, class: name, fileName, reason, detail }) => ({
      id,
      class: name,
      fileName,
      reason,
      detail,
    })),
    review: sample.images.filter((image) => image.review).length,
    classes: [...counts]
      .sort(([a], [b]) => ((a ?? "") < (b ?? "") ? -1 : 1))
      .map(([name, images]) => ({
        class: name,
        words: name === null ? null : (tree.describe(name)?.lemmas.join(", ") ?? null),
        images,
        review: toReview.has(name),
      })),
    shortClasses,
    measures: {
      sharpness: quantiles(sample.images.map((image) => image.measures.sharpness)),
      contrast: quantiles(sample.images.map((image) => image.measures.contrast)),
    },
  };
}

/** Nearest-rank quantiles of what was measured. */
function quantiles(values: readonly (number | null)[]): Readonly<Record<string, number>> | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { min: at(0), p1: at(0.01), p5: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), max: at(1) };
}
