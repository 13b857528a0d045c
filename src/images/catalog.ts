import type { CatalogImage } from "../records/index.js";

/**
 * Every picture the sources list in the classes asked for, addressed by class and by its place in the order of ids
 * inside that class, so that nothing depends on the order in which a source lists.
 */
export interface Catalog {
  /** Pictures, duplicates left out. */
  readonly size: number;
  /** Class keys, null first, then by code unit. */
  readonly classes: readonly (string | null)[];
  countOf(classIndex: number): number;
  /** The id at `position`, 0…countOf − 1 in the order of ids by code unit. Cheapest class by class. */
  idOf(classIndex: number, position: number): string;
  entryOf(classIndex: number, position: number): CatalogImage;
  /** Pictures listed in classes that were not asked for. */
  readonly outsideClasses: number;
  /** Files beside the pictures (notes, tables, labels) that were passed over. */
  readonly sidecars: number;
  /** Pictures whose id another one with the same bytes already has, in the order of ids. */
  readonly duplicates: readonly CatalogImage[];
  /** What the sources passed over and why, a sentence each. */
  readonly problems: readonly string[];
}
