import type {
  ExportOptions,
  GateSpec,
  Outcome,
  Prompt,
  SampleSpec,
  SourceKind,
  TextLengths,
} from "../records/index.js";

/** What the card says of a model that was asked. */
export interface CardModel {
  /** The recipe's name. */
  readonly name: string;
  readonly role: "teacher" | "candidate";
  /** The name it is served under. */
  readonly model: string;
  /** Null where the recipe does not say. */
  readonly revision: string | null;
  readonly dialect: string;
  readonly system: string | null;
  /** Every sampling field of the request body. */
  readonly sampling: Readonly<Record<string, unknown>>;
  /** The built-in observer answered, not a model. */
  readonly observer: boolean;
  /** Of the whole run; they add up to its images. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

/** Everything the card is written from: plain facts of the run and of this export. */
export interface CardFacts {
  readonly name: string;
  readonly run8: string;
  readonly toolVersion: string;
  /** As the recipe states it; null where it does not. */
  readonly licence: string | null;
  readonly prompt: Prompt;
  /** In recipe order, also those that do not go out. */
  readonly models: readonly CardModel[];
  /** Pictures of the run's sample. */
  readonly images: number;
  readonly sample: {
    readonly drawnAs: SampleSpec | null;
    readonly catalog: number;
    readonly outsideClasses: number;
    readonly notDrawn: number;
    readonly rejected: Readonly<Record<string, number>>;
    /** Classes that gave fewer than their share. */
    readonly shortClasses: number;
  };
  readonly gate: GateSpec;
  readonly people: { readonly policy: "keep" | "drop" | "review"; readonly marked: number; readonly included: boolean };
  readonly classes: {
    /** `all`, `imagenet-21k-p` or the name of a list file. */
    readonly list: string;
    /** Pictures a class in the sample; null where no picture has a class. */
    readonly perClass: {
      readonly classes: number;
      readonly min: number;
      readonly mean: number;
      readonly max: number;
    } | null;
    readonly withoutClass: number;
    readonly wordnet: string;
  };
  readonly sources: readonly { readonly kind: SourceKind /** Verbatim. */; readonly credits: string | null }[];
  readonly export: ExportOptions & {
    readonly format: string;
    /** One row a picture. */
    readonly isWide: boolean;
    /** Thinking and answer stand in one text. */
    readonly composes: boolean;
    readonly pictures: number;
    readonly pairs: number;
    /** Answered pairs of these teachers that stay behind, by reason in words. */
    readonly heldBack: Readonly<Record<string, number>>;
    readonly pairsBySplit: Readonly<Record<string, number>>;
    /** Pairs whose text went out with marks of its readers escaped. */
    readonly escaped: number;
    readonly lengths: TextLengths;
  };
}
