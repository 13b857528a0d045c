import type { ImageFormat, Outcome, Pair, Prompt, SampleFacts } from "../records/index.js";
import type { ModelTable } from "./model-scores.js";

export interface ReportModel {
  /** The recipe's name. */
  readonly name: string;
  readonly role: "teacher" | "candidate";
  /** The name it is served under. */
  readonly model: string;
  readonly revision: string | null;
  /** The built-in observer answered, not a model. */
  readonly observer: boolean;
  /** They add up to the pictures of the run. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly attempts: number;
  /** Sums over all attempts; null where no server said. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** A cell on the page. */
export type ReportCell = Pick<
  Pair,
  "model" | "outcome" | "reason" | "thinking" | "answer" | "flags" | "finishReason" | "attempts"
>;

export interface ReportPicture {
  readonly id: string;
  readonly fileName: string;
  readonly class: string | null;
  /** The first words of its synset; null for a class WordNet does not know. */
  readonly lemma: string | null;
  readonly gloss: string | null;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly format: ImageFormat;
  /** Why it was made plain at sending; empty where it went out byte for byte. */
  readonly made: readonly string[];
  readonly review: boolean;
  /** A small copy as `data:image/…;base64,…`; null where there is none. */
  readonly thumbnail: string | null;
  /** In recipe order. */
  readonly cells: readonly ReportCell[];
}

/** Everything the report page shows: plain data, so that the same data gives the same page. */
export interface ReportData {
  readonly name: string;
  readonly run8: string;
  readonly toolVersion: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly prompt: Prompt;
  /** Pictures of the sample. */
  readonly images: number;
  readonly models: readonly ReportModel[];
  /** Null before the sample is drawn. */
  readonly sample: Pick<SampleFacts, "catalog" | "outsideClasses" | "notDrawn" | "rejected" | "shortClasses"> | null;
  /** The pictures on the page and how they were chosen; `seed` is null where all are there. */
  readonly selection: { readonly seed: number | null };
  readonly pictures: readonly ReportPicture[];
  /** What `score` measured; null or left out where nothing was. */
  readonly scores?: ModelTable | null;
  /** False under `--no-pictures`. */
  readonly withPictures: boolean;
}
