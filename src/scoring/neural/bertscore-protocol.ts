import type { MetricProtocol } from "../../records/index.js";
import type { PreparedBertScore } from "./bertscore.js";

/** Every choice behind the numbers. */
export function describeBertScore(prepared: PreparedBertScore, serverModel: string | null): MetricProtocol {
  const { checkpoint, weights, baseline, options } = prepared;
  return {
    equals: "bert_score 0.3.13 with fast tokenizers at batch size 1, to 1e-5 before rescaling",
    ...checkpoint.protocol,
    layer: checkpoint.layers,
    layerFrom: options.layer === null ? "bert_score's table" : "--layer",
    idf: weights.idf !== null,
    ...(weights.idf === null
      ? {}
      : { fittedOn: "every reference, repeats kept", documents: weights.idf.documents, fitSha256: weights.idf.sha256 }),
    baselineSha256: baseline?.sha256 ?? null,
    batch:
      "each text alone at its exact length; the library's own numbers move by up to 6e-4 with the batch a pair sits in, these never",
    empty:
      "a side without tokens gives 0; NaN is the library's, where all weights of a side are 0, and is written as null",
    ...(serverModel === null ? {} : { vectorsFrom: "server", serverModel, serverTolerance: options.serverTolerance }),
  };
}

/** The same in short, to print in a paper. `letOff`: the server may differ from the folder. */
export function signBertScore({ checkpoint, weights, baseline, options }: PreparedBertScore, letOff: boolean): string {
  const space = checkpoint.tokenizer.prefixSpace;
  const parts = [
    letOff ? "bertscore-served" : "bertscore",
    checkpoint.model,
    `L${checkpoint.layers}`,
    weights.idf === null ? "no-idf" : `idf:${weights.idf.sha256.slice(0, 12)}`,
    `weights:${checkpoint.weightsSha256.slice(0, 12)}`,
    `max:${checkpoint.limit}`,
    ...(space === null ? [] : [`prefix-space:${space ? "yes" : "no"}`]),
    "float32",
    "batch-1",
    ...(baseline === null ? [] : [`rescaled:${baseline.sha256.slice(0, 12)}`]),
    ...(letOff ? [`server-tolerance:${options.serverTolerance}`] : []),
  ];
  return parts.join("|");
}
