import { UserError } from "../../records/index.js";
import type { EncoderPlan } from "./encoder-plan.js";
import { loadOnnxRuntime } from "./load-native.js";
import { OnnxType, writeOnnx } from "./onnx-writer.js";
import { relativeBuckets } from "./relative-buckets.js";

/** An encoder in this thread. Runs hold the thread until they are done. */
export interface EncoderSession {
  /** The vectors of one text, row by row; a pooled encoder gives one row. */
  run(ids: Int32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** For each token of either side, its highest cosine with a token of the other. */
export interface BestMatches {
  readonly hypothesis: Float32Array;
  readonly reference: Float32Array;
}

/** Compares two sets of token vectors of length 1. */
export interface MatchSession {
  run(hypothesis: Float32Array, reference: Float32Array, width: number): Promise<BestMatches>;
  close(): Promise<void>;
}

const ONE_THREAD = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  // A plan for memory is kept for every length met, and lengths are many.
  enableMemPattern: false,
} as const;

/** Opens a session. `copyWeights` lets the runtime repack matrices: quicker, and a private copy in every session. */
export async function openEncoder(plan: EncoderPlan, copyWeights: boolean): Promise<EncoderSession> {
  const onnx = loadOnnxRuntime();
  const session = await onnx.InferenceSession.create(plan.graph, {
    ...ONE_THREAD,
    extra: {
      session: {
        model_external_initializers_file_folder_path: plan.weightsFolder,
        ...(copyWeights ? {} : { disable_prepacking: "1" }),
      },
    },
  }).catch((error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    throw new UserError(`the ONNX runtime does not open the weights in ${plan.weightsFolder}: ${words}`);
  });
  return {
    async run(ids) {
      const { length } = ids;
      const whole = (values: BigInt64Array) => new onnx.Tensor("int64", values, [values.length]);
      const feeds = {
        ids: whole(BigInt64Array.from(ids, BigInt)),
        positions: whole(positionsOf(ids, plan.paddingId)),
        ...(plan.buckets === null ? {} : { buckets: whole(relativeBuckets(length, plan.buckets)) }),
      };
      return floatsOf((await session.run(feeds)).vectors);
    },
    close: () => session.release(),
  };
}

/** Opens the greedy matching: one product of matrices and its two maxima. */
export async function openMatching(): Promise<MatchSession> {
  const onnx = loadOnnxRuntime();
  const session = await onnx.InferenceSession.create(matchGraph(), ONE_THREAD);
  return {
    async run(hypothesis, reference, width) {
      const rows = (vectors: Float32Array) => new onnx.Tensor("float32", vectors, [vectors.length / width, width]);
      const found = await session.run({ hypothesis: rows(hypothesis), reference: rows(reference) });
      return { hypothesis: floatsOf(found.bestOfHypothesis), reference: floatsOf(found.bestOfReference) };
    },
    close: () => session.release(),
  };
}

function matchGraph(): Uint8Array {
  const port = (name: string, ...shape: string[]) => ({ name, type: OnnxType.float, shape });
  const best = (axis: number, name: string) => ({
    type: "ReduceMax",
    inputs: ["cosines"],
    outputs: [name],
    attributes: { axes: [axis], keepdims: 0 },
  });
  return writeOnnx({
    nodes: [
      { type: "Gemm", inputs: ["hypothesis", "reference"], outputs: ["cosines"], attributes: { transB: 1 } },
      best(1, "bestOfHypothesis"),
      best(0, "bestOfReference"),
    ],
    external: [],
    inline: [],
    inputs: [port("hypothesis", "h", "width"), port("reference", "r", "width")],
    outputs: [port("bestOfHypothesis", "h"), port("bestOfReference", "r")],
  });
}

/** A padding token written into a text keeps the padding's position and is not counted, as in transformers. */
function positionsOf(ids: Int32Array, paddingId: number | null): BigInt64Array {
  const positions = new BigInt64Array(ids.length);
  let next = paddingId === null ? 0 : paddingId + 1;
  for (const [place, id] of ids.entries()) positions[place] = BigInt(id === paddingId ? id : next++);
  return positions;
}

function floatsOf(tensor: { readonly data: unknown } | undefined): Float32Array {
  const data = tensor?.data;
  if (data instanceof Float32Array) return data;
  throw new Error("the runtime gave no float32 output");
}
