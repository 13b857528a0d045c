export { type BootstrapOptions, bootstrapIntervals, type Interval, type ScoreColumns } from "./bootstrap.js";
export {
  checkLexicalChoice,
  checkMetrics,
  createLexicalScorer,
  type LexicalPlan,
  type LexicalScorer,
  needFit,
} from "./lexical-scorer.js";
export {
  type LexicalKind,
  type LexicalOptions,
  type LexicalSetting,
  lexicalKinds,
  lexicalNames,
} from "./metric-kinds.js";
export type { BertScore, BertScoreOptions } from "./neural/bertscore.js";
export { checkNeuralChoice, type NeuralChoice, neuralNames, noNeuralChoice } from "./neural/neural-choice.js";
export type { NeuralScorer, NeuralScores, SeenSides, SeenTokens } from "./neural/neural-scorer.js";
export { type NeuralPlan, type NeuralScorers, openNeuralScorers } from "./neural/open-neural-scorers.js";
export type { Sbert, SbertOptions } from "./neural/sbert.js";
export { porterStem } from "./porter-stemmer.js";
export { pythonLower, pythonSplit } from "./python-text.js";
export { rougeOf, rougeOfSeveral } from "./rouge.js";
export { rougeTokens } from "./rouge-tokens.js";
export { type ScoreFileDone, type ScoreFileOptions, type ScoreFileProgress, scoreFile } from "./score-file.js";
export { outputError } from "./score-output.js";
export {
  fitPairs,
  type PairScores,
  type ScorePairsOptions,
  scorePair,
  scorePairs,
  type TextPair,
} from "./score-pairs.js";
export type { MetricSummary, ScoreSummary } from "./score-summary.js";
export {
  addCounts,
  type CountedPart,
  countPair,
  createDocumentCounts,
  type DocumentCounts,
  fitTfidf,
  type TfidfFit,
} from "./tfidf-fit.js";
