import type { ImageId } from "./image.js";

/** Which parts of a pair go out. */
export const EXPORT_PARTS = ["both", "thinking", "answer"] as const;
export type ExportParts = (typeof EXPORT_PARTS)[number];

/** How thinking stands in a composed text: between tags inside it, or as a field of its own beside it. */
export const THINKING_FORMS = ["tags", "field"] as const;
export type ThinkingForm = (typeof THINKING_FORMS)[number];

/** What of an image goes out. The last three are null only where a set was imported without its pictures. */
export interface ExportImage {
  readonly id: ImageId;
  readonly class: string | null;
  readonly fileName: string;
  /** Pictures of its class in the catalog for each one drawn of it. */
  readonly weight: number;
  readonly review: boolean;
  /** Of the source bytes, hex. */
  readonly sha256: string | null;
  /** Pixels, upright. */
  readonly width: number | null;
  readonly height: number | null;
}

/** An answered cell on its way out. */
export interface ExportPair {
  readonly image: ExportImage;
  readonly teacher: string;
  readonly prompt: string;
  /** Null where the model gave none, and where only the answer goes out. */
  readonly thinking: string | null;
  /** Null where only the thinking goes out. */
  readonly answer: string | null;
  /** Written by the built-in observer, not by a model; says so on every row that goes out. */
  readonly observer: boolean;
  /** Tokens of the parts that are not null, by the tokenizer of the input's `lengths`. */
  readonly tokens: { readonly thinking: number | null; readonly answer: number | null };
}

/** One picture with what every chosen teacher answered, in the order of the options. */
export interface ExportRow {
  readonly image: ExportImage;
  /** The split it belongs to: one of the options'. */
  readonly split: string;
  readonly pairs: readonly ExportPair[];
}

export interface ExportOptions {
  readonly teachers: readonly string[];
  readonly withPixels: boolean;
  readonly parts: ExportParts;
  /** Null is the format's own way: tags where it composes a text, two columns where it is a table. */
  readonly thinking: ThinkingForm | null;
  /** At least one; the first is the one trained on. */
  readonly splits: readonly string[];
}

/** How long the composed texts are, so that a trainer's cut does not shorten them unseen. */
export interface TextLengths {
  /** The name of what counted. */
  readonly tokenizer: string;
  /** False where tokens were estimated. */
  readonly exact: boolean;
  /** Tokens of prompt, thinking and answer of the longest pair. */
  readonly longest: number;
  /** How many pairs are longer than each limit in tokens, without the picture. */
  readonly cuts: readonly { readonly limit: number; readonly pairs: number }[];
}

/** What a trainer is told beside the data, where exports of one experiment must be trained alike. */
export interface Training {
  /** The model that is trained: a folder, or its name on a hub. */
  readonly model: string;
  /** Optimiser steps. */
  readonly steps: number;
  /** Tokens that a row may have, its picture included. */
  readonly maxLength: number;
  readonly seed: number;
  /** The folder that picture paths start from, relative to the export; not looked at where they lie inside. */
  readonly pictures: string;
  /** LLaMA-Factory's name of the model's chat template; other trainers take it from the model. */
  readonly template: string | null;
}

/** What an exporter is given. Every stream can be walked again. */
export interface ExportInput {
  readonly options: ExportOptions;
  /** Absent is a sample configuration for a common model; null is none, where nobody shall train on it. */
  readonly training?: Training | null;
  /** Pictures in sample order with their answered pairs; those without any are left out. */
  rows(): AsyncIterable<ExportRow>;
  /** Source bytes of a picture, checked against its hash. */
  pixels(image: ExportImage): Promise<Buffer>;
  readonly lengths: TextLengths;
  /** The dataset card's text after its front matter, written from the run. */
  readonly card: string;
  /** Front matter fields but `configs`. */
  readonly cardFields: Readonly<Record<string, unknown>>;
}

/** Writes one format into a folder that nobody sees until it is finished. Same input, same bytes. */
export interface Exporter {
  readonly format: string;
  /** Whether it has a place for pictures; asking another one for pixels is refused. */
  readonly carriesPixels: boolean;
  /** What `thinking` may be asked of it. */
  readonly thinkingForms: readonly ThinkingForm[];
  /** One row a picture, which needs a pair of every teacher; else one row a pair. */
  isWide(options: ExportOptions): boolean;
  /** Whether thinking and answer are put into one text, which then must not hold the marks of its readers. */
  composes(options: ExportOptions): boolean;
  write(input: ExportInput, folder: string): Promise<{ readonly rows: number }>;
  /** Reads back what `write` wrote with these options without pixels: the same rows in the same order, split by split. */
  read(folder: string, options: ExportOptions): AsyncIterable<ExportRow>;
}
