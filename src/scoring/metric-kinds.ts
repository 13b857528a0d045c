import type { Metric } from "../records/index.js";
import { jaccard } from "./jaccard.js";
import type { LexicalTools } from "./lexical-tools.js";
import { overlap } from "./overlap.js";
import { rouge } from "./rouge.js";
import type { TfidfFit } from "./tfidf-fit.js";
import { tfidf } from "./tfidf-metric.js";

/** What a person chose. */
export interface LexicalOptions {
  /** Stem the tokens of ROUGE; false where left out. */
  readonly stem?: boolean;
  /** What TF-IDF is fitted on; it has no default. */
  readonly tfidfScope?: "pair" | "corpus" | null;
}

/** What a metric is made from. */
export interface LexicalSetting {
  readonly stem: boolean;
  readonly tfidfScope: "pair" | "corpus" | null;
  /** The corpus, where a metric of it is asked for. */
  readonly tfidfFit: TfidfFit | null;
  readonly tools: LexicalTools;
}

/** One or several metrics made alike. */
export interface LexicalKind {
  /** In the order help lists them. */
  readonly names: readonly string[];
  /** Throws a `UsageError` where a choice is missing. */
  readonly check?: (options: LexicalOptions) => void;
  /** Whether it must be fitted on the corpus before it can score. */
  readonly isFitted?: (options: LexicalOptions) => boolean;
  readonly create: (name: string, setting: LexicalSetting) => Metric;
}

/** Every lexical metric. A new one is a file, a test and a line here. */
export const lexicalKinds: readonly LexicalKind[] = [rouge, jaccard, overlap, tfidf];

/** Every name `--metric` understands here. */
export const lexicalNames: readonly string[] = lexicalKinds.flatMap((kind) => kind.names);
