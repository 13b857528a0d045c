import type { RejectedImage, SampleFacts, SampleImage, SampleSpec } from "../records/index.js";
import type { Catalog } from "./catalog.js";
import { capacityOf, type DrawnClass, startClass } from "./drawn-class.js";
import { type AskGate, type GateOptions, gateQuotas } from "./gate-quotas.js";
import { listRejected } from "./rejected-images.js";
import { openSeededOrder } from "./seeded-order.js";
import { levelWanted } from "./share-out.js";

export interface DrawOptions extends GateOptions {
  /** `drop` takes person classes out before anything is shared out; `review` marks their images. */
  readonly people: "keep" | "drop" | "review";
  /** Whether a class is a person class, e.g. `(name) => isPersonClass(tree, name)`. */
  readonly isPerson: (className: string | null) => boolean;
  /** The classes of the recipe's list, so that one no source has is named among the short classes. Null is all. */
  readonly askedClasses?: readonly string[] | null;
}

export interface Draw {
  /**
   * In sample order: by rank within the class, then by the seeded order of the classes. Any first part of it is
   * balanced by class, and is what a smaller sample with the same seed draws.
   */
  readonly images: readonly SampleImage[];
  /** Duplicates, then dropped person classes, then what the gate turned away; can be walked any number of times. */
  readonly rejected: Iterable<RejectedImage>;
  readonly facts: Omit<SampleFacts, "drawnUnder" | "images">;
}

/**
 * Draws a class-balanced sample: every class gives the first pictures of its seeded order that pass the gate, as many
 * as its share; what a class cannot give, because it is small or because the gate has emptied it, is spread evenly
 * over the others. The result depends on the catalog's ids and classes, the spec and the verdicts, and on nothing else:
 * not on the order of sources, of classes, or of the verdicts' arrival. Only pictures that are drawn in the end, or
 * turned away before them in their class, go to the gate.
 *
 * `spec` null is every picture that passes. Errors of the gate are thrown on, once all calls under way are over.
 */
export async function drawSample(
  catalog: Catalog,
  spec: SampleSpec | null,
  gate: AskGate,
  options: DrawOptions,
): Promise<Draw> {
  const seeded = await openSeededOrder(spec?.seed ?? 0);
  const people = catalog.classes.flatMap((name, index) => (options.isPerson(name) ? [index] : []));
  const dropped = new Set(options.people === "drop" ? people : []);
  const classes = inSeededOrder(catalog, dropped, seeded.hash);
  await gateQuotas(classes, catalog, spec, seeded, gate, options);

  const toReview = new Set(options.people === "review" ? people : []);
  const images = inSampleOrder(classes, catalog, toReview);
  const rejected = listRejected(catalog, dropped, turnedAwayOf(classes, catalog));
  const total = catalog.size + catalog.duplicates.length;
  const drawn = images.length + Object.values(rejected.counts).reduce((sum, count) => sum + count, 0);
  const facts = {
    catalog: total,
    outsideClasses: catalog.outsideClasses,
    notDrawn: total - drawn,
    rejected: rejected.counts,
    shortClasses: shortClasses(classes, catalog, spec, options),
  };
  return { images, rejected: rejected.images, facts };
}

/** How the class of a flat folder is spelled where classes are hashed; no folder has an empty name. */
const NULL_CLASS = "";

function inSeededOrder(
  catalog: Catalog,
  dropped: ReadonlySet<number>,
  hash: (name: string) => bigint,
): readonly DrawnClass[] {
  return catalog.classes
    .map((name, index) => ({ name: name ?? NULL_CLASS, hash: hash(name ?? NULL_CLASS), index }))
    .filter(({ index }) => !dropped.has(index))
    .sort((a, b) => (a.hash !== b.hash ? (a.hash < b.hash ? -1 : 1) : a.name < b.name ? -1 : 1))
    .map(({ index }) => startClass(index, catalog.countOf(index)));
}

function inSampleOrder(
  classes: readonly DrawnClass[],
  catalog: Catalog,
  toReview: ReadonlySet<number>,
): readonly SampleImage[] {
  const images: SampleImage[] = [];
  for (const each of classes) each.taken.sort((a, b) => a.rank - b.rank);
  for (let rank = 0, before = -1; images.length > before; rank++) {
    before = images.length;
    for (const { index, count, taken } of classes) {
      const picture = taken[rank];
      if (picture === undefined) continue;
      const { id, class: name, fileName, locator } = catalog.entryOf(index, picture.position);
      const weight = count / taken.length;
      images.push({ ...picture.facts, id, class: name, fileName, locator, weight, review: toReview.has(index) });
    }
  }
  return images;
}

function turnedAwayOf(classes: readonly DrawnClass[], catalog: Catalog): readonly RejectedImage[] {
  return classes.flatMap(({ index, turnedAway }) =>
    turnedAway
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ position, reason, detail }) => ({ ...catalog.entryOf(index, position), reason, detail })),
  );
}

/** Classes that gave fewer than the level they would have had with pictures enough, in the order of their names. */
function shortClasses(
  classes: readonly DrawnClass[],
  catalog: Catalog,
  spec: SampleSpec | null,
  options: DrawOptions,
): SampleFacts["shortClasses"] {
  const limit = spec?.perClass ?? Number.POSITIVE_INFINITY;
  const inCatalog = new Set(catalog.classes);
  const absent = (options.askedClasses ?? []).filter(
    (name) => !inCatalog.has(name) && !(options.people === "drop" && options.isPerson(name)),
  );
  const shares = [
    ...classes.map((drawn) => ({
      class: catalog.classes[drawn.index] ?? null,
      given: drawn.taken.length,
      capacity: Math.min(capacityOf(drawn), limit),
    })),
    ...absent.map((name) => ({ class: name, given: 0, capacity: 0 })),
  ];
  const size = spec?.size ?? null;
  const capacities = shares.map(({ capacity }) => capacity);
  const level = size === null ? () => limit : levelWanted(size, capacities);
  return shares
    .map(({ class: name, given, capacity }) => ({ class: name, given, wanted: Math.min(level(capacity), limit) }))
    .filter(({ given, wanted }) => given < wanted && Number.isFinite(wanted))
    .sort((a, b) => ((a.class ?? NULL_CLASS) < (b.class ?? NULL_CLASS) ? -1 : 1));
}
