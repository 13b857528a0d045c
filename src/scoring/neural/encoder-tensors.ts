import { UserError } from "../../records/index.js";
import type { EncoderConfig, EncoderFamily } from "./encoder-config.js";
import type { StoredTensor, StoredWeights } from "./safetensors.js";

/** A matrix or vector pair as the checkpoint stores it: `y = x · weightᵀ + bias`. */
export interface Affine {
  readonly weight: StoredTensor;
  readonly bias: StoredTensor;
}

export interface LayerTensors {
  readonly query: Affine;
  readonly key: Affine;
  readonly value: Affine;
  readonly attentionOut: Affine;
  readonly attentionNorm: Affine;
  readonly widen: Affine;
  readonly narrow: Affine;
  readonly outputNorm: Affine;
}

export interface EncoderTensors {
  readonly words: StoredTensor;
  readonly positions: StoredTensor;
  /** Null where the family has no sentence types. */
  readonly types: StoredTensor | null;
  readonly embeddingNorm: Affine;
  readonly layers: readonly LayerTensors[];
  /** MPNet's attention bias, one for all layers; null elsewhere. */
  readonly relativeBias: StoredTensor | null;
}

const TYPES = ["F32", "F16", "BF16"];

interface LayerNames {
  readonly layer: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOut: string;
  readonly attentionNorm: string;
  readonly widen: string;
  readonly narrow: string;
  readonly outputNorm: string;
}

const BERT_NAMES: LayerNames = {
  layer: "encoder.layer",
  query: "attention.self.query",
  key: "attention.self.key",
  value: "attention.self.value",
  attentionOut: "attention.output.dense",
  attentionNorm: "attention.output.LayerNorm",
  widen: "intermediate.dense",
  narrow: "output.dense",
  outputNorm: "output.LayerNorm",
};

const NAMES: Record<EncoderFamily, LayerNames> = {
  bert: BERT_NAMES,
  roberta: BERT_NAMES,
  "xlm-roberta": BERT_NAMES,
  distilbert: {
    layer: "transformer.layer",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    attentionOut: "attention.out_lin",
    attentionNorm: "sa_layer_norm",
    widen: "ffn.lin1",
    narrow: "ffn.lin2",
    outputNorm: "output_layer_norm",
  },
  mpnet: {
    ...BERT_NAMES,
    query: "attention.attn.q",
    key: "attention.attn.k",
    value: "attention.attn.v",
    attentionOut: "attention.attn.o",
    attentionNorm: "attention.LayerNorm",
  },
};

/**
 * Finds the tensors of the first `layers` layers and holds their shapes to the configuration.
 * Throws a `UserError` naming the file and the tensor that is missing, or has another shape or type.
 */
export function findEncoderTensors(weights: StoredWeights, config: EncoderConfig, layers: number): EncoderTensors {
  const { hidden, intermediate } = config;
  const names = NAMES[config.family];
  const take = tensorTaker(weights);
  const affine = (name: string, rows: number, columns: number): Affine => ({
    weight: take([`${name}.weight`], [rows, columns]),
    bias: take([`${name}.bias`], [rows]),
  });
  // Checkpoints of the first years call the two halves of a LayerNorm gamma and beta.
  const norm = (name: string): Affine => ({
    weight: take([`${name}.weight`, `${name}.gamma`], [hidden]),
    bias: take([`${name}.bias`, `${name}.beta`], [hidden]),
  });
  const layer = (place: number): LayerTensors => {
    const at = `${names.layer}.${place}`;
    return {
      query: affine(`${at}.${names.query}`, hidden, hidden),
      key: affine(`${at}.${names.key}`, hidden, hidden),
      value: affine(`${at}.${names.value}`, hidden, hidden),
      attentionOut: affine(`${at}.${names.attentionOut}`, hidden, hidden),
      attentionNorm: norm(`${at}.${names.attentionNorm}`),
      widen: affine(`${at}.${names.widen}`, intermediate, hidden),
      narrow: affine(`${at}.${names.narrow}`, hidden, intermediate),
      outputNorm: norm(`${at}.${names.outputNorm}`),
    };
  };
  const typed = config.family !== "distilbert" && config.family !== "mpnet";
  return {
    words: take(["embeddings.word_embeddings.weight"], [config.vocabulary, hidden]),
    positions: take(["embeddings.position_embeddings.weight"], [config.positions, hidden]),
    types: typed ? take(["embeddings.token_type_embeddings.weight"], [null, hidden]) : null,
    embeddingNorm: norm("embeddings.LayerNorm"),
    layers: Array.from({ length: layers }, (_, place) => layer(place)),
    relativeBias:
      config.buckets === null ? null : take(["encoder.relative_attention_bias.weight"], [config.buckets, config.heads]),
  };
}

/** Looks names up behind whatever the checkpoint puts before them (`roberta.`, `bert.`, nothing). A size of null is any. */
function tensorTaker(weights: StoredWeights): (names: string[], shape: (number | null)[]) => StoredTensor {
  const shown = weights.files.join(", ");
  const anchor = "embeddings.word_embeddings.weight";
  const found = [...weights.tensors.keys()].filter((name) => name === anchor || name.endsWith(`.${anchor}`));
  const prefix = found.sort((a, b) => a.length - b.length)[0]?.slice(0, -anchor.length) ?? "";
  return (names, shape) => {
    const tensor = names.map((name) => weights.tensors.get(prefix + name)).find((candidate) => candidate !== undefined);
    if (tensor === undefined) {
      throw new UserError(`${shown} holds no tensor ${prefix}${names[0]}, which config.json calls for`);
    }
    const fits =
      tensor.shape.length === shape.length && shape.every((size, at) => size === null || size === tensor.shape[at]);
    if (!fits) {
      const wanted = shape.map((size) => size ?? "any").join(" × ");
      throw new UserError(
        `${tensor.file}: the tensor ${tensor.name} is ${tensor.shape.join(" × ")}, and config.json calls for ${wanted}`,
      );
    }
    if (!TYPES.includes(tensor.type)) {
      throw new UserError(
        `${tensor.file}: the tensor ${tensor.name} is of type ${tensor.type}; supported are ${TYPES.join(", ")}`,
      );
    }
    const size = tensor.shape.reduce((product, length) => product * length, tensor.type === "F32" ? 4 : 2);
    if (size !== tensor.bytes) {
      throw new UserError(
        `${tensor.file}: the tensor ${tensor.name} has ${tensor.bytes} bytes where its shape needs ${size}`,
      );
    }
    return tensor;
  };
}
