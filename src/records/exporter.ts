import type { SampleImage } from "./image.js";

/** An answered cell on its way out. */
export interface ExportPair {
  readonly image: SampleImage;
  readonly teacher: string;
  readonly prompt: string;
  readonly thinking: string | null;
  readonly answer: string;
  /** Written by the built-in observer, not by a model; says so on every row that goes out. */
  readonly observer: boolean;
}

/** One picture with what every chosen teacher answered, in the order of the options. */
export interface ExportRow {
  readonly image: SampleImage;
  readonly pairs: readonly ExportPair[];
}

export interface ExportOptions {
  readonly teachers: readonly string[];
  readonly withPixels: boolean;
}

/** What an exporter is given. Every stream can be walked again. */
export interface ExportInput {
  readonly options: ExportOptions;
  /** Pictures in sample order with their answered pairs; those without any are left out. */
  rows(): AsyncIterable<ExportRow>;
  /** Source bytes of a picture, checked against its hash. */
  pixels(image: SampleImage): Promise<Buffer>;
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
  write(input: ExportInput, folder: string): Promise<{ readonly rows: number }>;
}
