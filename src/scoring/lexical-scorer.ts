import { type Metric, type Score, suggestName, UsageError } from "../records/index.js";
import { createLexicalTools } from "./lexical-tools.js";
import { type LexicalKind, type LexicalOptions, lexicalKinds, lexicalNames } from "./metric-kinds.js";
import { neuralNames } from "./neural/neural-choice.js";
import { rouge } from "./rouge.js";
import type { TfidfFit } from "./tfidf-fit.js";

/** What decides the numbers; can be handed to another thread. */
export interface LexicalPlan {
  /** In the order their numbers are written. */
  readonly metrics: readonly string[];
  readonly options: LexicalOptions;
  readonly tfidfFit: TfidfFit | null;
}

export interface LexicalScorer {
  readonly metrics: readonly Metric[];
  /** One score a metric, in their order. */
  score(reference: string, hypothesis: string): Score[];
}

/** Throws a `UsageError` for a metric that is not known, asked twice, or lacks a choice it needs. */
export function checkMetrics(names: readonly string[], options: LexicalOptions): void {
  if (names.length === 0)
    throw new UsageError(`no metric was named; known: ${[...lexicalNames, ...neuralNames].join(", ")}`);
  for (const [place, name] of names.entries()) {
    if (names.indexOf(name) !== place) throw new UsageError(`the metric ${name} is named twice`);
    kindNamed(name).check?.(options);
  }
}

/** Throws a `UsageError` for a choice that would have no effect on the metrics. */
export function checkLexicalChoice(names: readonly string[], { stem, tfidfScope }: LexicalOptions): void {
  if (stem === true && !names.some((name) => rouge.names.includes(name))) {
    throw new UsageError("--stem is for the tokens of ROUGE, which --metric does not name");
  }
  if (tfidfScope != null && !names.includes("tfidf")) {
    throw new UsageError("--tfidf-scope is for tfidf, which --metric does not name");
  }
}

/** Whether any of the metrics must read the whole corpus before it scores. */
export function needFit(names: readonly string[], options: LexicalOptions): boolean {
  return names.some((name) => kindNamed(name).isFitted?.(options) === true);
}

function kindNamed(name: string): LexicalKind {
  const kind = lexicalKinds.find(({ names }) => names.includes(name));
  if (kind === undefined)
    throw new UsageError(
      `${JSON.stringify(name)} is not a metric${suggestName(name, [...lexicalNames, ...neuralNames])}`,
    );
  return kind;
}

/** Makes the metrics of a plan with one set of shared tools. Not to be used by two threads. */
export function createLexicalScorer({ metrics: names, options, tfidfFit }: LexicalPlan): LexicalScorer {
  checkMetrics(names, options);
  const stem = options.stem === true;
  const tools = createLexicalTools({ stem });
  const setting = { stem, tfidfScope: options.tfidfScope ?? null, tfidfFit, tools };
  const metrics = names.map((name) => kindNamed(name).create(name, setting));
  return {
    metrics,
    score(reference, hypothesis) {
      const pair = tools.pair(reference, hypothesis);
      return metrics.map((metric) => metric.score(pair));
    },
  };
}
