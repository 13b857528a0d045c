import { type Command, InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "./number-flags.js";

/** The choices of metrics that `metrics` and `score` share. */
export interface MetricChoiceFlags {
  stem?: true;
  tfidfScope?: "pair" | "corpus";
  sbert?: string;
  sbertServer?: string;
  bertscore?: string;
  bertscoreServer?: string;
  serverTolerance?: number;
  layer?: number;
  idf?: true;
  baseline?: string;
  prefixSpace?: true;
  cache?: string;
}

/** Adds the flags of `MetricChoiceFlags`, so that both commands take the same values. */
export function addMetricChoices(command: Command): Command {
  return command
    .option("--stem", "stem the tokens of ROUGE (NLTK's Porter stemmer)")
    .addOption(
      new Option("--tfidf-scope <scope>", "what tfidf is fitted on: two different metrics").choices(["pair", "corpus"]),
    )
    .option("--sbert <dir>", "checkpoint folder of sbert, as Hugging Face has it")
    .option("--bertscore <dir>", "checkpoint folder of bertscore")
    .option("--layer <n>", "layer of bertscore; left out: bert_score's table, by the folder's name", wholeNumber)
    .option("--idf", "weigh bertscore's tokens by how rare they are in the references")
    .option("--baseline <file>", "rescale bertscore with this table of bert_score")
    .option("--prefix-space", "put a blank before each text of bertscore, as slow RoBERTa tokenizers do")
    .option("--cache <dir>", "keep sbert's vectors here")
    .option("--sbert-server <url>", "take sbert's vectors from /v1/embeddings of a server of the same folder")
    .option("--bertscore-server <url>", "take bertscore's vectors from /pooling of a vLLM server of the same folder")
    .option("--server-tolerance <n>", "accept a server's vectors this far off, as another metric", tolerance);
}

/** The choices as the pipeline takes them; what was left out is null or false. */
export function readMetricChoices(flags: MetricChoiceFlags) {
  return {
    stem: flags.stem === true,
    tfidfScope: flags.tfidfScope ?? null,
    neural: {
      sbert: flags.sbert ?? null,
      bertscore: flags.bertscore ?? null,
      sbertServer: flags.sbertServer ?? null,
      bertscoreServer: flags.bertscoreServer ?? null,
      serverTolerance: flags.serverTolerance ?? null,
      layer: flags.layer ?? null,
      idf: flags.idf === true,
      baseline: flags.baseline ?? null,
      prefixSpace: flags.prefixSpace === true,
      cache: flags.cache ?? null,
    },
  };
}

/** Cosines differ by 2 at most. */
function tolerance(text: string): number {
  const value = Number(text);
  if (!(value > 0) || value > 2) throw new InvalidArgumentError("must be a number above 0, e.g. 0.001");
  return value;
}
