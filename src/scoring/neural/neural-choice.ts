import { UsageError } from "../../records/index.js";

/** The metrics that need an encoder. */
export const neuralNames: readonly string[] = ["bertscore", "sbert"];

/** What a person chose for the metrics that need an encoder. Null and false are left out. */
export interface NeuralChoice {
  /** Checkpoint folders. */
  readonly sbert: string | null;
  readonly bertscore: string | null;
  readonly sbertServer: string | null;
  readonly bertscoreServer: string | null;
  readonly serverTolerance: number | null;
  /** Of BERTScore. */
  readonly layer: number | null;
  readonly idf: boolean;
  readonly baseline: string | null;
  readonly prefixSpace: boolean;
  /** Folder that keeps sentence vectors. */
  readonly cache: string | null;
}

export const noNeuralChoice: NeuralChoice = {
  sbert: null,
  bertscore: null,
  sbertServer: null,
  bertscoreServer: null,
  serverTolerance: null,
  layer: null,
  idf: false,
  baseline: null,
  prefixSpace: false,
  cache: null,
};

/** Throws a `UsageError` for a metric without its folder, and for a choice that would have no effect. */
export function checkNeuralChoice(names: readonly string[], choice: NeuralChoice): void {
  const wants = (metric: string) => names.includes(metric);
  const asked = (metric: "sbert" | "bertscore") => {
    if (wants(metric) && choice[metric] === null) {
      throw new UsageError(`${metric} needs the folder of a Hugging Face checkpoint: --${metric} DIR`);
    }
  };
  asked("sbert");
  asked("bertscore");
  const flags: [string, boolean, boolean][] = [
    ["--sbert", choice.sbert !== null, wants("sbert")],
    ["--sbert-server", choice.sbertServer !== null, wants("sbert")],
    ["--cache", choice.cache !== null, wants("sbert")],
    ["--bertscore", choice.bertscore !== null, wants("bertscore")],
    ["--bertscore-server", choice.bertscoreServer !== null, wants("bertscore")],
    ["--layer", choice.layer !== null, wants("bertscore")],
    ["--idf", choice.idf, wants("bertscore")],
    ["--baseline", choice.baseline !== null, wants("bertscore")],
    ["--prefix-space", choice.prefixSpace, wants("bertscore")],
  ];
  for (const [flag, given, hasEffect] of flags) {
    const metric = flag === "--cache" || flag.startsWith("--sbert") ? "sbert" : "bertscore";
    if (given && !hasEffect) throw new UsageError(`${flag} is for ${metric}, which --metric does not name`);
  }
  if (choice.serverTolerance !== null && choice.sbertServer === null && choice.bertscoreServer === null) {
    throw new UsageError("--server-tolerance is for --sbert-server and --bertscore-server, and neither is given");
  }
}
