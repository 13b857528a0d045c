import type { Dialect } from "./dialect.js";
import type { Prompt } from "./prompt.js";
import type { SourceKind } from "./source.js";
import type { Timeouts } from "./teacher.js";

/** The on-disk format this program writes; a folder with a higher one is refused. */
export const RUN_FORMAT_VERSION = 1;

/** One place pictures come from, with an absolute path. */
export interface SourceSpec {
  readonly source: SourceKind;
  readonly path: string;
  /** A text file whose credits and terms travel into the card. */
  readonly credits: string | null;
}

export interface GateSpec {
  /** Pixels; a shorter side below it is `too-small`. */
  readonly minSide: number;
  /** Pixels; a larger picture is scaled down at sending. */
  readonly maxPixels: number;
  /** Sharpness below this is `blurred`; null is off. */
  readonly blur: number | null;
  /** Contrast below this is `blank`; null is off. */
  readonly blank: number | null;
}

/** All, or a number of pictures in total or a class; drawn with `seed`. */
export interface SampleSpec {
  readonly size: number | null;
  readonly perClass: number | null;
  readonly seed: number;
}

/** How the observer that stands in for a model is told to write, for trials. Null is its own default. */
export interface ObserverTrial {
  readonly voice: string | null;
  readonly broken: string | null;
  readonly brokenShare: number | null;
}

/** Where a model's fields came from, and what a table that shows its numbers must say beside them. */
export interface PresetFacts {
  readonly name: string;
  /** Null where it is asked as its makers ask it. */
  readonly caveat: string | null;
}

/** A teacher or a candidate with every default resolved. */
export interface ModelSpec {
  readonly name: string;
  readonly role: "teacher" | "candidate";
  readonly model: string;
  readonly revision: string | null;
  /** Base URLs, or the word `observer`. */
  readonly endpoints: readonly string[];
  readonly dialect: Dialect;
  readonly apiKeyEnv: string | null;
  readonly system: string | null;
  /** Every sampling field of the body: `max_tokens`, `temperature`, `seed`, the dialect's fields, `extra`. */
  readonly sampling: Readonly<Record<string, unknown>>;
  /** Null is adaptive. */
  readonly concurrency: number | null;
  readonly timeouts: Timeouts;
  readonly tries: number;
  /** Absent where no preset is named. */
  readonly preset?: PresetFacts;
  /** Absent where the observer is not told anything, or is not asked. */
  readonly observer?: ObserverTrial;
}

/** Which classes are asked for: `all`, a built-in list's name or a file's path, with the hash of its wnids. */
export interface ClassListFacts {
  readonly list: string;
  /** Null for `all`. */
  readonly count: number | null;
  readonly sha256: string | null;
}

/** `run.json`: the recipe with its defaults resolved. */
export interface RunHeader {
  readonly formatVersion: number;
  readonly toolVersion: string;
  readonly name: string;
  /** Eight hex digits, the last part of every request id. */
  readonly run8: string;
  readonly createdAt: string;
  readonly images: readonly SourceSpec[];
  readonly classes: ClassListFacts;
  readonly people: "keep" | "drop" | "review";
  readonly gate: GateSpec;
  readonly sample: SampleSpec | null;
  readonly prompt: Prompt;
  readonly models: readonly ModelSpec[];
  readonly wordnet: { readonly version: string; readonly folder: string | null };
  readonly licence: string | null;
}
