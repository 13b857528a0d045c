import type { ClassFacts } from "./class-facts.js";
import type { Measures } from "./measure/measure-picture.js";
import type { Composition } from "./read-composition.js";

/** All that a writer of words may draw on. */
export interface Scene {
  readonly measures: Measures;
  readonly composition: Composition;
  /** Null where no class was given, or one the class tree does not know. */
  readonly given: ClassFacts | null;
}
